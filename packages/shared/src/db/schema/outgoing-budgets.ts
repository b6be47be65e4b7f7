import { index, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/**
 * The usage of the proxied requests, by user, host and provider. `full_at` is when the budget is full again. A key without a
 * row has a full budget.
 */
export const outgoingBudgets = pgTable('outgoing_budgets', {
  /** For example `user:<id>`, `host:<provider>:<host>`, `provider:<id>`. */
  key: text().primaryKey(),
  fullAt: timestamp({ withTimezone: true }).notNull()
}, (table) => [
  index('outgoing_budgets_full_at').on(table.fullAt)
])

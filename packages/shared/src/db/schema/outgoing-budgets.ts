import { index, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/**
 * What users, hosts and providers have used of the requests that the API makes for its callers. `full_at` is when nothing of it
 * counts any more. A key without a row has used nothing.
 */
export const outgoingBudgets = pgTable('outgoing_budgets', {
  /** Such as `user:<id>`, `host:<provider>:<host>`, `provider:<id>`. */
  key: text().primaryKey(),
  fullAt: timestamp({ withTimezone: true }).notNull()
}, (table) => [
  index('outgoing_budgets_full_at').on(table.fullAt)
])

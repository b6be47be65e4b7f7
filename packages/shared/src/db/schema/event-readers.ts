import { bigint, pgTable, text } from 'drizzle-orm/pg-core'

/** How far a reader has read the events, by their positions. */
export const eventReaders = pgTable('event_readers', {
  name: text().primaryKey(),
  position: bigint({ mode: 'number' }).notNull()
})

import { sql } from 'drizzle-orm'
import { check, index, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { users } from './users.ts'

/**
 * Groups of users, identified by the site's own id. The owner is also a member, and connects and disconnects for the team. When
 * the site deletes the owner, the pseudonym owns the team, and no user can connect for it until the site names another owner.
 */
export const teams = pgTable('teams', {
  id: uuid().primaryKey(),
  externalId: text().notNull().unique('teams_external_id'),
  name: text().notNull(),
  ownerId: uuid().notNull().references(() => users.id, { onDelete: 'restrict' }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  index('teams_in_order').on(sql`${table.externalId} collate "C"`),
  index('teams_owner').on(table.ownerId),
  check('teams_name', sql`length(${table.name}) between 1 and 200`)
])

export const teamMembers = pgTable('team_members', {
  teamId: uuid().notNull().references(() => teams.id, { onDelete: 'cascade' }),
  userId: uuid().notNull().references(() => users.id, { onDelete: 'cascade' })
}, (table) => [
  primaryKey({ columns: [table.teamId, table.userId] }),
  index('team_members_user').on(table.userId)
])

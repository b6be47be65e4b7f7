import type { Database } from '../db/index.ts'

/** The number of an owner's connections by status. */
export interface ConnectionCounts {
  active: number
  needsReauth: number
  revoked: number
}

/** An object of `ConnectionCounts`, to select from the connections of one owner. */
export function countStatuses (sql: Database['sql']) {
  return sql`jsonb_build_object('active', count(*) filter (where status = 'active'),
    'needsReauth', count(*) filter (where status = 'needsReauth'), 'revoked', count(*) filter (where status = 'revoked'))`
}

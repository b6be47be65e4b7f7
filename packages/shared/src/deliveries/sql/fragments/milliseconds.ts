import type { Fragment, Sql } from './fragment.ts'

/** A constant interval. It is part of the text and not a parameter, so that the planner can estimate with it. */
export function milliseconds (sql: Sql, count: number): Fragment {
  return sql`${sql.unsafe(`interval '${count} milliseconds'`)}`
}

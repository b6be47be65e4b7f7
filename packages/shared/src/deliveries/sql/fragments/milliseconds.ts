import type { Fragment, Sql } from './fragment.ts'

/** A constant interval. It is part of the text and not a parameter, so the planner can use its value. */
export function milliseconds (sql: Sql, count: number): Fragment {
  return sql`${sql.unsafe(`interval '${count} milliseconds'`)}`
}

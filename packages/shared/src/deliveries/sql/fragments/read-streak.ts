import type { Fragment, Sql } from './fragment.ts'

/** The `FailureStreak` of a row of `connections`. */
export function readStreak (sql: Sql): Fragment {
  return sql`case when failure_streak is not null then jsonb_build_object('rule', failure_streak->'rule', 'times', failure_streak->'times',
      'ms', extract(epoch from now() - (failure_streak->>'since')::timestamptz) * 1000) end`
}

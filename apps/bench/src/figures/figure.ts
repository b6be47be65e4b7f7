import type { AnyMeasure, Measure } from '../measures/measure.ts'

export type FigureId =
  | 'broadcast-redis' | 'broadcast-postgres' | 'broadcast-150ms' | 'broadcast-400ms' | 'broadcast-tls-h2' | 'broadcast-naive' | 'accept' | 'latency-p50' | 'latency-p99'
  | 'sql-broadcast' | 'sql-single' | 'growth-cpu' | 'growth-rss' | 'direct-during-broadcast' | 'email' | 'webpush'
  | 'accept-batch' | 'import' | 'many-hosts' | 'small-host-refused' | 'small-host-used' | 'workers-2' | 'direct-during-150ms'

/** The results of one round. */
export interface Round {
  of: <Result extends object>(measure: Measure<Result>) => Result
}

/** One number per round, and its target. */
export interface Figure {
  id: FigureId
  about: string
  unit: '×' | 'ms' | 'MiB' | ''
  target: { atLeast: number } | { atMost: number }
  /** The measures that it uses. Each runs once per round, even if several figures need it. */
  needs: AnyMeasure[]
  of: (round: Round) => number
}

export function meets ({ target }: Figure, value: number): boolean {
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
}

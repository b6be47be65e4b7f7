import type { AnyMeasure, Measure } from '../measures/measure.ts'

export type FigureId =
  | 'broadcast-redis' | 'broadcast-postgres' | 'broadcast-naive' | 'accept' | 'latency-p50' | 'latency-p99'
  | 'sql-broadcast' | 'sql-single' | 'growth-cpu' | 'growth-rss' | 'direct-during-broadcast'

/** What was measured in one round. */
export interface Round {
  of: <Result extends object>(measure: Measure<Result>) => Result
}

/** One number of each round, and what it has to be. */
export interface Figure {
  id: FigureId
  about: string
  unit: '×' | 'ms' | 'MiB' | ''
  target: { atLeast: number } | { atMost: number }
  /** What it is made of; each is measured once a round, however many figures ask for it. */
  needs: AnyMeasure[]
  of: (round: Round) => number
}

export function meets ({ target }: Figure, value: number): boolean {
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
}

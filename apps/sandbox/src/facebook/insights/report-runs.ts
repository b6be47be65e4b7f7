import type { Clock } from '../../kit/clock.ts'
import type { AdAccount } from './ad-accounts.ts'
import { idOf } from './stable-id.ts'
import type { InsightsQuery } from './insights.ts'

/** A query that is answered later. It is about the figures as they were when it was asked. */
export interface ReportRun {
  readonly id: string
  readonly account: AdAccount
  readonly query: InsightsQuery
  readonly startedMs: number
  percent: number
}

export interface ReportRuns {
  start: (account: AdAccount, query: InsightsQuery) => ReportRun
  find: (id: string) => ReportRun | undefined
  /** How far it has come: half of the way each time that somebody asks, whatever the time. */
  poll: (run: ReportRun) => number
  reset: () => void
}

export function createReportRuns (clock: Clock): ReportRuns {
  const runs = new Map<string, ReportRun>()

  return {
    start (account, query) {
      const run = { id: idOf('run', runs.size), account, query, startedMs: clock.nowMs(), percent: -50 }
      runs.set(run.id, run)
      return run
    },
    find: (id) => runs.get(id),
    poll (run) {
      run.percent = Math.min(100, run.percent + 50)
      return run.percent
    },
    reset: () => { runs.clear() }
  }
}

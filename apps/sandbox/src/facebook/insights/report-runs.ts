import type { Clock } from '../../kit/clock.ts'
import type { AdAccount } from './ad-accounts.ts'
import type { InsightsQuery } from './insights.ts'
import { idOf } from './stable-id.ts'

/** A report. It contains the figures of the time when it was requested. */
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
  /** Each poll advances the report by half. Returns the percentage. */
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

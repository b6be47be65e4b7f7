import type { Desk } from '../kit/simulator.ts'
import { createCodes } from './oauth/codes.ts'
import { createTrace } from './graph/graph-error.ts'
import { createNotices } from './removal/notices.ts'
import { createPeople } from './people.ts'
import { createReportRuns } from './insights/report-runs.ts'
import { createTokens } from './oauth/tokens.ts'
import { createUsage } from './graph/usage.ts'

export type World = ReturnType<typeof createWorld>

const QUIRKS = { ignoresMissingProof: true, emptyPageMidway: true }

/** Everything that Facebook remembers. */
export function createWorld ({ clock, inbox, accounts, facebookApp = {} }: Pick<Desk, 'clock' | 'inbox' | 'accounts' | 'facebookApp'>) {
  const people = createPeople(accounts)
  const tokens = createTokens(clock)
  const codes = createCodes(clock)
  const runs = createReportRuns(clock)
  const usage = createUsage(clock, people.count)
  const notices = createNotices(clock, facebookApp)
  const trace = createTrace()
  /** What an app can be spared: `ignoresMissingProof` is a setting of the app's own at Facebook. */
  const quirks = { ...QUIRKS }

  return {
    clock,
    inbox,
    people,
    tokens,
    codes,
    runs,
    usage,
    notices,
    trace,
    quirks,
    reset () {
      for (const part of [people, tokens, codes, runs, usage, notices, trace]) part.reset()
      Object.assign(quirks, QUIRKS)
    }
  }
}

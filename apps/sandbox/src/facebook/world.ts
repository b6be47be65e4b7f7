import { createCodeStore } from '../kit/oauth/code-store.ts'
import { randomText } from '../kit/random-text.ts'
import type { SandboxServices } from '../kit/simulator.ts'
import { createTrace } from './graph/graph-error.ts'
import { createUsage } from './graph/usage.ts'
import { createReportRuns } from './insights/report-runs.ts'
import { createTokens } from './oauth/tokens.ts'
import { createPeople } from './people.ts'
import { createNotices } from './removal/notices.ts'
import type { AppSettings } from './removal/app-settings.ts'

export type World = ReturnType<typeof createWorld>

/** The state of the simulated Facebook. */
export function createWorld ({ clock, inbox, accounts }: SandboxServices, settings: AppSettings) {
  const people = createPeople(accounts)
  const tokens = createTokens(clock)
  const codes = createCodeStore({ clock, createCode: () => `AQ${randomText(160)}` })
  const runs = createReportRuns(clock)
  const usage = createUsage(clock, people.count)
  const notices = createNotices(clock, settings)
  const trace = createTrace()

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
    /** At Facebook, `ignoresMissingProof` is a setting of the app. */
    quirks: { ignoresMissingProof: true, emptyPageMidway: true },
    reset () {
      for (const part of [people, tokens, codes, runs, usage, notices, trace]) part.reset()
    }
  }
}

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import { nodeOf } from '../insights/ad-accounts.ts'
import type { AdAccount } from '../insights/ad-accounts.ts'
import { fromDay } from '../insights/days.ts'
import { insightsRows, readInsightsQuery } from '../insights/insights.ts'
import type { InsightsQuery } from '../insights/insights.ts'
import type { ReportRun } from '../insights/report-runs.ts'
import { authenticate } from '../oauth/session.ts'
import type { Token } from '../oauth/tokens.ts'
import type { Person } from '../people.ts'
import { recordEvent } from '../person-event.ts'
import type { World } from '../world.ts'
import { GraphError, unsupported } from './graph-error.ts'
import { pageOf } from './paging.ts'
import type { Paged } from './paging.ts'
import { parametersOf } from './parameters.ts'
import { selectFields } from './select-fields.ts'
import { assertReadsAds, userNode } from './user-routes.ts'
import { versionOf } from './versions.ts'

type WithId = FastifyRequest<{ Params: { id: string } }>

/** Ad accounts and their figures, which an app reads at once or in a report. */
export function adAccountRoutes (app: FastifyInstance, world: World): void {
  const { clock, inbox, quirks, runs } = world

  app.get('/:id', async (request: WithId) => {
    const { person } = authenticate(request, world).details
    const { id } = request.params
    if (id === person.id) return selectFields(userNode(person), request, { type: 'User', initial: ['name'] })
    const run = runOf(person, id)
    if (run !== undefined) {
      runs.poll(run)
      const status = statusOf(run)
      return selectFields(status, request, { type: 'AdReportRun', initial: Object.keys(status) })
    }
    return selectFields(nodeOf(adAccountOf(request, person)), request, { type: 'AdAccount', initial: ['account_id'] })
  })

  app.get('/:id/insights', async (request: WithId) => {
    const token = authenticate(request, world)
    const run = runOf(token.details.person, request.params.id)
    if (run === undefined) {
      const account = adAccountOf(request, token.details.person)
      const query = readInsightsQuery(parametersOf(request), account, clock.nowMs())
      return insightsPage(request, token, account, query, clock.nowMs())
    }
    if (run.percent < 100) {
      throw new GraphError({ message: '(#2601) Error accessing adreport job.', code: 2601, error_subcode: 1815107, is_transient: true })
    }
    return insightsPage(request, token, run.account, run.query, run.startedMs)
  })

  app.post('/:id/insights', async (request: WithId) => {
    const account = adAccountOf(request, authenticate(request, world).details.person)
    return { report_run_id: runs.start(account, readInsightsQuery(parametersOf(request), account, clock.nowMs())).id }
  })

  /** The ad account of another person looks like one that does not exist. */
  function adAccountOf ({ method, params: { id } }: WithId, person: Person): AdAccount {
    const account = person.adAccounts.find(({ accountId }) => id === `act_${accountId}`)
    if (account === undefined) throw unsupported(method, id)
    assertReadsAds(person)
    return account
  }

  function runOf (person: Person, id: string): ReportRun | undefined {
    const run = runs.find(id)
    return run !== undefined && person.adAccounts.includes(run.account) ? run : undefined
  }

  function statusOf (run: ReportRun): Record<string, unknown> {
    const { id, account: { accountId }, query: { since, until }, startedMs, percent } = run
    return {
      id,
      account_id: accountId,
      time_ref: Math.floor(startedMs / 1000),
      async_status: percent <= 0 ? 'Job Not Started' : percent < 100 ? 'Job Running' : 'Job Completed',
      async_percent_completion: percent,
      date_start: fromDay(since),
      date_stop: fromDay(until)
    }
  }

  function insightsPage (
    request: WithId, { accessToken, details: { person } }: Token, account: AdAccount, query: InsightsQuery, timeMs: number
  ): Paged {
    const rows = insightsRows(account, query, timeMs)
    const page = pageOf(rows, request, accessToken, versionOf(request, clock.nowMs()), quirks.emptyPageMidway)
    const [since, until] = [fromDay(query.since), fromDay(query.until)]
    const adAccount = `act_${account.accountId}`
    recordEvent(inbox, recordRequest(request), person, { type: 'insights', adAccount, since, until, rows: page.data.length })
    return page
  }
}

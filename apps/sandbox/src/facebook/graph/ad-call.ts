import type { FastifyRequest } from 'fastify'
import type { ReportRuns } from '../insights/report-runs.ts'
import type { AdCall } from './usage.ts'

/** The ad account and the use of a call; undefined for other calls. */
export function adCallOf ({ params, routeOptions: { url = '' } }: FastifyRequest, runs: ReportRuns): AdCall | undefined {
  const { id = '' } = params as { id?: string }
  const run = runs.find(id)
  if (run !== undefined) return { accountId: run.account.accountId, useCase: 'ads_insights' }
  const [, accountId] = /^act_(\d+)$/.exec(id) ?? []
  return accountId === undefined ? undefined : { accountId, useCase: url.endsWith('/insights') ? 'ads_insights' : 'ads_management' }
}

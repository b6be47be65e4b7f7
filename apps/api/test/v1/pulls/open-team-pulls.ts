import { addPulls, endAccount, endListing, endPull, storeAccounts, storeDays, takePulls } from '@carillon/shared/pulls'
import type { PullEnd } from '@carillon/shared/pulls'
import type { Test } from 'tap'
import type { Services } from '../../../src/services.ts'
import { openTeamApi } from '../../open-team-api.ts'
import type { TeamApi } from '../../open-team-api.ts'

export interface TeamPulls extends TeamApi {
  /** Connects Facebook for a team, and stores these accounts' days, like the worker. Each day has three figures. */
  pulled: (teamId: string, accounts: Accounts, end?: PullEnd) => Promise<{ id: string, accessToken: string }>
}

type Figures = [impressions: string, clicks: string, spend: string]

type Accounts = Record<string, { name?: string, currency?: string, days: Record<string, Figures> }>

export async function openTeamPulls (t: Test, change: Partial<Services> = {}): Promise<TeamPulls> {
  const opened = await openTeamApi(t, { teams: ['facebook'], change })
  const { api: { database }, connect } = opened
  return {
    ...opened,
    pulled: async (teamId, accounts, end = { kind: 'done', everyMs: 3_600_000 }) => {
      const connected = await connect(teamId, 'facebook')
      await addPulls(database, 'facebook')
      const taken = (await takePulls(database, 'facebook', { limit: 100, leaseMs: 60_000 }))
        .find(({ connectionId }) => connected.id === `con_${connectionId}`)
      if (taken === undefined) throw new Error('it is not due')
      await storeAccounts(database, taken, Object.entries(accounts).map(([id, { name = `Name of ${id}`, currency = 'EUR' }]) =>
        ({ id, name, currency, timezone: 'UTC' })))
      await endListing(database, taken)
      for (const [id, { days }] of Object.entries(accounts)) {
        const rows = Object.entries(days).map(([day, [impressions, clicks, spend]]) => ({ day, impressions, clicks, spend }))
        await storeDays(database, taken, id, rows)
        await endAccount(database, taken, id, Object.keys(days).sort().at(-1) ?? '2026-01-01')
      }
      await endPull(database, taken, end)
      return connected
    }
  }
}

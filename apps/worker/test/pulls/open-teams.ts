import { saveConnections } from '@carillon/shared/connections'
import { backends } from '@carillon/testing'
import type { Test } from 'tap'
import { refreshAhead } from '../../src/maintenance/refresh-ahead.ts'
import { revoke } from '../../src/maintenance/revoke.ts'
import type { PullServices } from '../../src/pulls/pull-services.ts'
import { pull } from '../../src/pulls/pull.ts'
import { startTestStack } from '../start-test-stack.ts'
import { teamOf } from './open-pulls.ts'

/** A simulated user who has authorized the app. */
export interface Granted {
  account: string
  accessToken: string
  userId: string
  adAccounts: string[]
}

export interface RefreshCount {
  account: string
  refreshes: number
  refused: number
}

/** A stack without a worker. The test calls maintenance and pulls itself. */
export async function openTeams (
  t: Test, pace: PullServices['pace'] = { backfillDays: 3, rereadDays: 2, everyMs: 24 * 3_600_000 }, environment: Record<string, string> = {}
) {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const stack = await startTestStack(t, await postgres.open(t), { start: false, offer: ['facebook'], pace, environment })
  const { control, database, services } = stack

  async function grant (count: number): Promise<Granted[]> {
    return (await control<{ data: Granted[] }>('POST', '/accounts', { provider: 'facebook', count })).data
  }

  /** Stores a token of sixty days for the owner's team. Returns the connection's id. */
  async function keep (owner: string, { accessToken, userId }: Pick<Granted, 'accessToken' | 'userId'>): Promise<string> {
    const expiresAt = new Date(Date.now() + 5_183_944_000)
    const [saved] = await saveConnections(database, services.vault, [{
      ...await teamOf(database, owner),
      provider: 'facebook',
      grant: { credentials: { accessToken }, account: { id: userId, name: owner }, expiresAt }
    }], () => ({ accounts: 'one', canRevoke: true }))
    return saved?.id ?? ''
  }

  return {
    ...stack,
    grant,
    keep,
    /** Connects the teams of this many owners, each to another simulated user. */
    connectTeams: async (count: number): Promise<Array<Granted & { id: string }>> => {
      const connected: Array<Granted & { id: string }> = []
      const granted = await grant(count)
      for (const [index, one] of granted.entries()) connected.push({ ...one, id: await keep(`owner-${index}`, one) })
      return connected
    },
    run: () => pull(services),
    refresh: () => refreshAhead(services),
    revoke: () => revoke(services),
    /** Moves the clocks of the simulator and of the database's rows. */
    pass: async (days: number) => {
      await control('POST', '/clock', { advanceSeconds: days * 86_400 })
      await database.sql`update grants set expires_at = expires_at - ${days}::int * interval '1 day'`
      await database.sql`update pulls set due_at = now()`
    },
    refreshes: async () => (await control<{ data: RefreshCount[] }>('GET', '/refreshes?provider=facebook')).data,
    /** The requests to the Graph API, and the number of refused ones. */
    graphCalls: async (endpoint = '') => {
      const { data } = await control<{ data: Array<{ endpoint: string, requests: number, answers: Record<string, number> }> }>('GET', '/stats')
      const ours = data.filter((each) => each.endpoint.includes('/facebook/graph') && each.endpoint.includes(endpoint))
      return {
        asked: ours.reduce((sum, { requests }) => sum + requests, 0),
        refused: ours.reduce((sum, { answers }) => sum + (answers['400'] ?? 0), 0)
      }
    }
  }
}

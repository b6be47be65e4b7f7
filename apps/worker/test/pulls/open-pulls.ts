import { saveConnections } from '@carillon/shared/connections'
import { findTeam, putTeam } from '@carillon/shared/teams'
import type { Database } from '@carillon/shared/db'
import type { InsightsDay } from '@carillon/shared/providers'
import { backends, testKeys } from '@carillon/testing'
import type { Backend } from '@carillon/testing'
import type { Test } from 'tap'
import { pretendGraph } from '../../../../packages/shared/test/providers/facebook/fake-graph.ts'
import type { AdAccounts } from '../../../../packages/shared/test/providers/facebook/fake-graph.ts'
import type { PullServices } from '../../src/pulls/pull-services.ts'
import { pull } from '../../src/pulls/pull.ts'
import { startTestStack } from '../start-test-stack.ts'

interface PullsOptions extends Partial<PullServices['pace']> {
  backend?: Backend['kind']
}

/** A stack without a worker, and a simulated Graph API. */
export async function openPulls (t: Test, { backend = 'postgres', ...pace }: PullsOptions = {}) {
  const chosen = (await backends()).find(({ kind }) => kind === backend)
  if (chosen === undefined) throw new Error('there is no such backend')
  const env = await chosen.open(t)
  const graph = await pretendGraph(t)
  const keys = testKeys()
  const stack = await startTestStack(t, env, {
    keys,
    start: false,
    offer: ['facebook'],
    graphUrl: graph.url,
    pace: { backfillDays: 30, rereadDays: 7, everyMs: 24 * 3_600_000, ...pace }
  })
  const { sql } = stack.database

  /** Connects the owner's team to a simulated user with these ad accounts. Returns the connection's id and the user's name. */
  async function connect (owner: string, adAccounts: AdAccounts = {}): Promise<{ id: string, account: string, token: string }> {
    const { name, credentials } = await graph.account()
    graph.adAccounts.set(name, adAccounts)
    const ownerRef = await teamOf(stack.database, owner)
    const grant = { credentials: credentials as { accessToken: string }, account: { id: name, name } }
    const [saved] = await saveConnections(stack.database, stack.services.vault, [{ ...ownerRef, provider: 'facebook', grant }])
    return { id: saved?.id ?? '', account: name, token: grant.credentials.accessToken }
  }

  return {
    ...stack,
    env: { ...env, CARILLON_KEYS: keys },
    graph,
    connect,
    run: () => pull(stack.services),
    /** All stored figures, by connection, account and day. */
    rows: async () => [...await sql<Array<{ account: string, day: string, impressions: string, clicks: string, spend: string }>>`
      select account_id as account, day::text as day, impressions::text as impressions, clicks::text as clicks, spend::text as spend
      from insights order by connection_id, account_id, day`],
    row: async (connectionId: string) => (await sql`select * from pulls where connection_id = ${connectionId}`)[0],
    makeDue: () => sql`update pulls set due_at = now()`
  }
}

/** The owner and the team, created if they are new. */
export async function teamOf (database: Database, owner: string): Promise<{ teamId: string, connectedBy: string }> {
  const externalId = `team-of-${owner}`
  if (await findTeam(database, externalId) === undefined) {
    await putTeam(database, { externalId, name: `Team of ${owner}`, ownerId: owner, memberIds: [] })
  }
  const team = await findTeam(database, externalId)
  if (team === undefined) throw new Error('a team that was made is not there')
  return { teamId: team.id, connectedBy: team.owner.id }
}

/** The last `count` days, with figures. */
export function daysOf (count: number, figures: (index: number) => Omit<InsightsDay, 'day'> = plain) {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [dayAgo(count - 1 - index), figures(index)]))
}

export function dayAgo (days: number, from = Date.now()): string {
  return new Date(from - days * 24 * 3_600_000).toISOString().slice(0, 10)
}

function plain (index: number) {
  return { impressions: String(1_000 + index), clicks: String(index), spend: `${index}.5` }
}

import { newId } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { sealCredentials, sealTarget } from '@carillon/shared/grants'
import type { Vault } from '@carillon/shared/vault'
import type { Simulator } from '../environment/simulator.ts'
import type { Channel, Seat } from './channel.ts'

/** The people at each host. */
const peoplePerHost = 200

/** With two hosts at least, a limit of one of them must not stop the other. */
export function hostCountOf (people: number): number {
  return Math.max(2, Math.ceil(people / peoplePerHost))
}

interface Row extends Seat {
  userId: string
  connectionId: string
  grantId: string
}

export interface SeatsOptions {
  channels: Channel[]
  people: number
  /** Default: one for every 200 people. */
  hosts?: number | undefined
}

/** Creates users with one connection to each provider. Neighboring users have different hosts, and so do their connections. */
export async function connectSeats (
  { sql }: Database, vault: Vault, simulator: Simulator, { channels, people, hosts }: SeatsOptions
): Promise<void> {
  const hostCount = hosts ?? hostCountOf(people)
  const userIds = Array.from({ length: people }, () => newId())
  await sql`insert into users (id, external_id) select id, 'user-' || id from unnest(${userIds}::uuid[]) as person (id)`
  for (const { provider, createSeats } of channels) {
    const seats = await Promise.all(Array.from({ length: hostCount }, (_, host) =>
      createSeats(simulator, host, Math.ceil((people - host) / hostCount))))
    const shared = seats.map(() => newId())
    const rows = userIds.map((userId, index): Row => {
      const host = index % hostCount
      const seat = seats[host]?.[Math.floor(index / hostCount)]
      if (seat === undefined) throw new Error(`The simulator created too few accounts of ${provider}`)
      const connectionId = newId()
      return { ...seat, userId, connectionId, grantId: seat.target === undefined ? connectionId : shared[host] ?? connectionId }
    })
    const grants = [...new Map(rows.map((row) => [row.grantId, row])).values()]
    await sql`
      insert into grants (id, provider, key, status, credentials)
      select id, ${provider}, key, 'active', credentials from unnest(
        ${grants.map(({ grantId }) => grantId)}::uuid[], ${grants.map(({ target, host }) => target === undefined ? null : host)}::text[],
        ${grants.map(({ grantId, credentials }) => sealCredentials(vault, grantId, credentials))}::text[]
      ) as issued (id, key, credentials)`
    await sql`
      insert into connections (id, user_id, provider, status, account_key, account_id, account_name, host, grant_id, target)
      select id, user_id, ${provider}, 'active', account, account, account, host, grant_id, target from unnest(
        ${rows.map(({ connectionId }) => connectionId)}::uuid[], ${rows.map(({ userId }) => userId)}::uuid[],
        ${rows.map(({ accountId }) => accountId)}::text[], ${rows.map(({ host }) => host)}::text[],
        ${rows.map(({ grantId }) => grantId)}::uuid[],
        ${rows.map(({ connectionId, target }) => target === undefined ? null : sealTarget(vault, connectionId, target))}::text[]
      ) as seat (id, user_id, account, host, grant_id, target)`
  }
}

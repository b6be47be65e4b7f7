import { newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { currentRequestId } from '../log/index.ts'

/** The lease for pulling one connection's data. It ends `leaseMs` after the last write. */
export interface TakenPull {
  connectionId: string
  leaseId: string
  leaseMs: number
  /** Failed attempts in a row. */
  attempts: number
  /** The id of the request for this round. Null for a scheduled round. */
  requestId: string | null
}

/** Adds missing pulls for the provider's active connections. Returns how many were added. */
export async function addPulls ({ sql }: Database, provider: string): Promise<number> {
  const { count } = await sql`
    insert into pulls (connection_id, provider, due_at)
    select id, provider, now() from connections
    where provider = ${provider} and status = 'active' and not exists (select from pulls where connection_id = connections.id)
    on conflict do nothing`
  return count
}

/**
 * Takes up to `limit` pulls that are due or whose lease has expired. Continues a round from its position, or starts a new one.
 */
export async function takePulls (
  { sql }: Database, provider: string, { limit, leaseMs }: { limit: number, leaseMs: number }
): Promise<TakenPull[]> {
  const leaseId = newId()
  const taken = await sql<Array<Pick<TakenPull, 'connectionId' | 'attempts' | 'requestId'>>>`
    update pulls set state = 'running', lease_id = ${leaseId}, lease_until = now() + ${leaseMs}::int * interval '1 millisecond',
      started_at = now(), round_at = coalesce(round_at, now()), reason = null
    where connection_id in (
      select connection_id from pulls join connections on connections.id = connection_id and connections.status = 'active'
      where pulls.provider = ${provider} and (state = 'waiting' and due_at <= now() or state = 'running' and pulls.lease_until < now())
      order by due_at limit ${limit} for update of pulls skip locked)
    returning connection_id as "connectionId", attempts, request_id as "requestId"`
  return taken.map((one) => ({ ...one, leaseId, leaseMs }))
}

/** The result of an attempt. Times are in milliseconds. `delayMs` is the time until the next attempt. */
export type PullEnd =
  | { kind: 'done', everyMs: number }
  | { kind: 'later', reason: string, delayMs: number }
  /** Without `delayMs` the round ends unsuccessfully, and the next one starts at its regular time. */
  | { kind: 'failed', reason: string, delayMs: number | undefined, everyMs: number }

/** Releases the lease. Has no effect when the lease is lost. */
export async function endPull ({ sql }: Database, { connectionId, leaseId }: TakenPull, end: PullEnd): Promise<void> {
  const isOver = end.kind === 'done' || (end.kind === 'failed' && end.delayMs === undefined)
  const delayMs = end.kind === 'done' ? end.everyMs : end.delayMs ?? (end.kind === 'failed' ? end.everyMs : 0)
  const failure = end.kind === 'failed' ? end.reason : null
  await sql`
    update pulls set state = 'waiting', lease_id = null, lease_until = null, ended_at = now(),
      due_at = now() + ${delayMs}::float8 * interval '1 millisecond',
      round_at = case when ${isOver}::boolean then null else round_at end,
      request_id = case when ${isOver}::boolean then null else request_id end,
      attempts = case when ${isOver}::boolean then 0 when ${end.kind === 'failed'}::boolean then attempts + 1 else attempts end,
      succeeded_at = case when ${end.kind === 'done'}::boolean then now() else succeeded_at end,
      reason = ${end.kind === 'done' ? null : end.reason}::text,
      failed_at = case when ${failure}::text is null then failed_at else now() end,
      failure = coalesce(${failure}::text, failure)
    where connection_id = ${connectionId} and lease_id = ${leaseId}`
}

/** Makes a connection's pull due now. False when the connection is not active, so its data is not pulled. */
export async function requestPull ({ sql }: Database, connectionId: string): Promise<boolean> {
  const rows = await sql`
    insert into pulls (connection_id, provider, due_at, request_id)
    select id, provider, now(), ${currentRequestId() ?? null}::text from connections where id = ${connectionId} and status = 'active'
    on conflict (connection_id) do update set due_at = least(pulls.due_at, now()), request_id = excluded.request_id
    returning connection_id`
  return rows.length === 1
}

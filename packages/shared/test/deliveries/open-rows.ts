import { newId, openDatabase } from '../../src/db/index.ts'
import type { Database } from '../../src/db/index.ts'
import { testDatabase } from '@carillon/testing'
import type { Test } from 'tap'

type Value = string | number | boolean | null | string[]
export type Fields = Record<string, Value>

/**
 * A database for this test, and inserts with valid defaults for tests of single statements. `frozen` is a second pool with one
 * connection, whose time does not advance between `begin` and `rollback`. A statement that waits for a lock fails after 5 s.
 */
export async function openRows (t: Test) {
  const { url } = await testDatabase(t)
  const setUp = openDatabase({ url, max: 1 })
  await setUp.sql`do $$ begin execute format('alter database %I set lock_timeout = ''5s''', current_database()); end $$`
  await setUp.close()
  const database = openDatabase({ url, max: 4 })
  const frozen = openDatabase({ url, max: 1 })
  t.teardown(() => Promise.all([database.close(), frozen.close()]))
  return { url, database, frozen, ...rowsOf(database) }
}

/** The fields that belong to the grant of a connection. */
const grantColumns = ['credentials', 'version', 'expires_at', 'lease_owner', 'lease_until', 'refresh_after']

export function rowsOf ({ sql }: Database) {
  async function insertConnection (fields: Fields = {}): Promise<string> {
    const [id, userId] = [newId(), newId()]
    await sql`insert into users (id, external_id) values (${userId}, ${userId})`
    const status = fields['status'] ?? 'active'
    const granted = Object.fromEntries(Object.entries(fields).filter(([name]) => grantColumns.includes(name)))
    await sql`insert into grants ${sql({ id, provider: fields['provider'] ?? 'pushbullet', status, credentials: status === 'revoked' ? null : 'sealed', ...granted })}`
    await sql`insert into connections ${sql({
      id,
      user_id: userId,
      provider: 'pushbullet',
      status,
      status_reason: status === 'active' ? null : 'tokenRevoked',
      account_id: id,
      account_name: id,
      grant_id: id,
      disconnected_at: status === 'revoked' ? fromNow(-60) : null,
      connected_at: fromNow(-3_600),
      ...Object.fromEntries(Object.entries(fields).filter(([name]) => !grantColumns.includes(name)))
    })}`
    return id
  }

  async function insertNotification (fields: Fields = {}): Promise<string> {
    const id = newId()
    await sql`insert into notifications ${sql({
      id, origin: 'api', audience: '{"userIds":[]}', message: '{"type":"note"}', created_at: fromNow(-1_800), planned_at: fromNow(-1_800), ...fields
    })}`
    return id
  }

  /** A queued delivery that is due. */
  async function insertDelivery (notificationId: string, connectionId: string, fields: Fields = {}): Promise<void> {
    await sql`insert into deliveries ${sql({
      notification_id: notificationId,
      connection_id: connectionId,
      provider: 'pushbullet',
      state: 'queued',
      due_at: fromNow(-1),
      history: '[{"event":"queued"}]',
      ...fields
    })}`
  }

  async function insertHost (fields: Fields): Promise<void> {
    await sql`insert into provider_hosts ${sql({ provider: 'pushbullet', ...fields })}`
  }

  /** A lease until `until` for these deliveries, which become `sending`. */
  async function insertClaim (notificationId: string, connectionIds: string[], until = fromNow(60)): Promise<string> {
    const id = newId()
    const sorted = connectionIds.toSorted()
    await sql`insert into claims ${sql({
      id, provider: 'pushbullet', notification_ids: [notificationId], first_id: sorted[0] ?? id, last_id: sorted.at(-1) ?? id, until
    })}`
    await sql`
      update deliveries set state = 'sending', due_at = null, claim_id = ${id}
      where notification_id = ${notificationId} and connection_id = any (${connectionIds}::uuid[])`
    return id
  }

  async function readDelivery (notificationId: string, connectionId: string): Promise<DeliveryRow | undefined> {
    const [row] = await sql<Array<Omit<DeliveryRow, 'events'> & { history: Array<{ event: string }> }>>`
      select state, attempts, reason, job_id as "jobId", claim_id as "claimId", history,
        case when due_at = 'infinity' then 'held' when due_at <= now() then 'due' when due_at is not null then 'later' end as due,
        case when due_at < 'infinity' then extract(epoch from due_at - now())::float8 end as "seconds"
      from deliveries where notification_id = ${notificationId} and connection_id = ${connectionId}`
    if (row === undefined) return undefined
    const { history, ...columns } = row
    return { ...columns, events: history.map(({ event }) => event) }
  }

  return { insertConnection, insertNotification, insertDelivery, insertHost, insertClaim, readDelivery }
}

export interface DeliveryRow {
  state: string
  attempts: number
  reason: string | null
  jobId: string | null
  claimId: string | null
  due: 'held' | 'due' | 'later' | null
  /** Seconds until it is due. Null when it is paused or has no due time. */
  seconds: number | null
  events: string[]
}

/** ISO 8601, `seconds` from now. */
export function fromNow (seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString()
}

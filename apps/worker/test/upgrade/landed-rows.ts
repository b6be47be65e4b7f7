import { createHash, randomBytes } from 'node:crypto'
import { newId } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { createVault, parseVaultKeys } from '@carillon/shared/vault'

export interface LandedAccount {
  account: string
  accessToken: string
}

interface Delivery {
  user: number
  state: string
  /** SQL expressions by column. */
  columns: Record<string, string>
  history: string[]
}

/** Users 0 to 11 have an account each. The access of the last one has ended, so its deliveries are parked. */
export const landedUsers = Array.from({ length: 12 }, (_, index) => `user-${index}`)
export const parkedUser = landedUsers.length - 1
/** The broadcast has reached the first users, has a segment with the next ones, and no plan for the rest. */
export const sentTo = 4
const plannedTo = 8

const at = "'at', now() - interval '10 minutes'"
const queued = `jsonb_build_object(${at}, 'event', 'queued')`

/**
 * Inserts what the version before migration 0006 wrote: the statements have its columns and its JSON. Returns the operator's key
 * and the ids. `provider` is that of every account.
 */
export async function insertLandedRows (
  { sql }: Database, { keys, provider, accounts }: { keys: string, provider: string, accounts: LandedAccount[] }
) {
  const vault = createVault(parseVaultKeys(keys))
  const userIds = landedUsers.map(() => newId())
  const connectionIds = landedUsers.map(() => newId())
  for (const [index, externalId] of landedUsers.entries()) {
    const { account = '', accessToken = '' } = accounts[index] ?? {}
    const [userId = '', id = ''] = [userIds[index], connectionIds[index]]
    const isParked = index === parkedUser
    await sql`insert into users (id, external_id) values (${userId}, ${externalId})`
    await sql`
      insert into connections (id, user_id, provider, status, status_reason, account_id, account_name, credentials, connected_at)
      values (${id}, ${userId}, ${provider}, ${isParked ? 'needsReauth' : 'active'}, ${isParked ? 'access token is not accepted' : null},
        ${account}, ${account}, ${vault.seal(JSON.stringify({ accessToken: isParked ? 'revoked' : accessToken }),
          { table: 'connections', column: 'credentials', id })}, now() - interval '1 hour')`
    await sql`
      insert into connection_events (id, connection_id, event, at)
      values (${newId()}, ${id}, 'connection.connected', now() - interval '1 hour')`
  }

  const keyId = newId()
  const operatorKey = `ck_${keyId.replaceAll('-', '')}${randomBytes(32).toString('base64url')}`
  await sql`
    insert into api_keys (id, name, secret_hash, scopes)
    values (${keyId}, 'site', ${hash(operatorKey)}, array['users:write', 'connections:read', 'notifications:read', 'notifications:write', 'admin'])`

  async function notify (title: string, columns: Record<string, string>, deliveries: Delivery[]): Promise<string> {
    const id = newId()
    const message = { type: 'note', title, body: 'World' }
    const audience = { userIds: deliveries.map(({ user }) => landedUsers[user]) }
    const all = { planned_at: "now() - interval '10 minutes'", ...columns }
    await sql.unsafe(`
      insert into notifications (id, origin, audience, message, created_by, created_at, ${Object.keys(all).join(', ')})
      values ('${id}', 'api', '${JSON.stringify(audience)}', '${JSON.stringify(message)}', '${keyId}', now() - interval '10 minutes',
        ${Object.values(all).join(', ')})`)
    for (const { user, state, columns, history } of deliveries) await deliver(id, user, state, columns, history)
    return id
  }

  async function deliver (
    notificationId: string, user: number, state: string, columns: Record<string, string>, history: string[]
  ): Promise<void> {
    const names = Object.keys(columns).map((name) => `, ${name}`).join('')
    const values = Object.values(columns).map((value) => `, ${value}`).join('')
    await sql.unsafe(`
      insert into deliveries (notification_id, connection_id, provider, state, history${names})
      values ('${notificationId}', '${connectionIds[user]}', '${provider}', '${state}', jsonb_build_array(${history.join(', ')})${values})`)
  }

  const ids = {
    scheduled: await notify('scheduled', { send_at: "now() + interval '5 seconds'" }, [
      { user: 0, state: 'queued', columns: { due_at: "now() + interval '5 seconds'" }, history: [queued] }
    ]),
    due: await notify('due', {}, [{
      user: 1,
      state: 'queued',
      columns: { due_at: "now() - interval '10 minutes'", job_id: `'${newId()}-${provider}-0'` },
      history: [queued]
    }]),
    retrying: await notify('retrying', {}, [{
      user: 2,
      state: 'retrying',
      columns: { due_at: "now() - interval '1 minute'", attempts: '1', reason: "'status 503'" },
      history: [queued, `jsonb_build_object(${at}, 'event', 'attempt', 'outcome', 'retry', 'reason', 'status 503', 'status', 503,
        'durationMs', 12, 'until', now() - interval '1 minute')`]
    }]),
    parked: await notify('parked', {}, [{
      user: parkedUser,
      state: 'parked',
      columns: { parked_at: "now() - interval '10 minutes'", reason: "'access token is not accepted'" },
      history: [`jsonb_build_object(${at}, 'event', 'parked', 'reason', 'access token is not accepted')`]
    }]),
    paused: await notify('paused', { paused_at: "now() - interval '5 minutes'" }, [4, 5].map((user) => ({
      user,
      state: 'queued',
      columns: { due_at: "'infinity'" },
      history: [queued, `jsonb_build_object(${at}, 'event', 'paused')`]
    }))),
    canceled: await notify('canceled', { canceled_at: "now() - interval '5 minutes'" }, [{
      user: 6,
      state: 'canceled',
      columns: { reason: "'canceled'" },
      history: [queued, `jsonb_build_object(${at}, 'event', 'canceled')`]
    }]),
    lost: await insertLost(),
    broadcast: await insertBroadcast()
  }

  /** The worker that sent this one was killed. */
  async function insertLost (): Promise<string> {
    const claimId = newId()
    const id = await notify('lost', { on_unknown: "'resend'" }, [
      { user: 3, state: 'sending', columns: { claim_id: `'${claimId}'` }, history: [queued] }
    ])
    await sql`
      insert into claims (id, provider, notification_ids, first_id, last_id, until)
      values (${claimId}, ${provider}, array[${id}::uuid], ${connectionIds[3] ?? ''}, ${connectionIds[3] ?? ''}, now() - interval '1 minute')`
    return id
  }

  async function insertBroadcast (): Promise<string> {
    const id = newId()
    const [lastSent = '', lastPlanned = ''] = [connectionIds[sentTo - 1], connectionIds[plannedTo - 1]]
    await sql`
      insert into notifications (id, origin, audience, message, created_by, created_at)
      values (${id}, 'api', '{"everyone": true}', '{"type": "note", "title": "broadcast", "body": "World"}', ${keyId}, now() - interval '10 minutes')`
    await sql`
      insert into progress (notification_id, provider, audience, planned_to, planned, segments, queued, version, started_at)
      values (${id}, ${provider}, ${landedUsers.length}, ${lastPlanned}, ${plannedTo}, 2, ${plannedTo - sentTo}, 3, now() - interval '10 minutes')`
    await sql`
      insert into segments (notification_id, provider, number, after_id, last_id, size, due_at)
      values (${id}, ${provider}, 1, ${lastSent}, ${lastPlanned}, ${plannedTo - sentTo}, now() - interval '10 minutes')`
    for (let user = 0; user < sentTo; user++) {
      await deliver(id, user, 'sent', { attempts: '1', receipt: `'{"id": "push-${user}"}'` }, [
        `jsonb_build_object(${at}, 'event', 'attempt', 'outcome', 'sent', 'durationMs', 9)`
      ])
    }
    return id
  }

  const handshakes = { started: newId(), confirmed: newId() }
  await sql`
    insert into handshakes (id, user_id, provider, kind, expires_at)
    values (${handshakes.started}, ${userIds[parkedUser] ?? ''}, ${provider}, 'redirect', now() + interval '9 minutes')`
  await sql`
    insert into handshakes (id, user_id, provider, kind, expires_at, state_hash, browser_hash, confirmed_at)
    values (${handshakes.confirmed}, ${userIds[0] ?? ''}, ${provider}, 'redirect', now() + interval '9 minutes', ${hash('state')},
      ${hash('browser')}, now())`
  return { operatorKey, ids, handshakes, connectionIds }
}

function hash (secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

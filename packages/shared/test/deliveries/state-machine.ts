import type { Test } from 'tap'
import { newId } from '../../src/db/index.ts'
import {
  cancelNotification, claim, claimSegment, clearJobs, expireWaiting, followConnections, insertNotifications, pauseNotification,
  postpone, reclaimLost, recordSeen, releaseParked, resumeNotification, retryFailed, settle, skipWaiting
} from '../../src/deliveries/index.ts'
import type { Claimed, DeliveryKey, DeliveryState, Outcome } from '../../src/deliveries/index.ts'
import { assignJobs } from '../../src/deliveries/sql/assign-jobs.ts'
import { draftTo } from '../notifications/drafts.ts'
import { fromNow, openRows } from './open-rows.ts'

const statements = [
  'insertNotifications', 'claimSegment', 'claim', 'settle', 'reclaimLost', 'postpone', 'pauseNotification', 'resumeNotification',
  'cancelNotification', 'retryFailed', 'expireWaiting', 'releaseParked', 'skipWaiting', 'followConnections', 'assignJobs', 'clearJobs'
] as const
/** Changes in the environment of deliveries, which never change their states. */
const incidents = ['addBroadcast', 'refuse', 'reconnect', 'disconnect', 'limit', 'mute', 'expire', 'endLeases', 'spendAttempts', 'passTime'] as const
export const stepNames = [
  ...statements, ...incidents, 'insertNotifications', 'addBroadcast', 'claimSegment', 'claim', 'claim', 'settle', 'settle', 'settle', 'settle',
  'passTime', 'reconnect', 'reconnect', 'retryFailed'
] as const

export interface Step {
  /** `recordSeen` follows only in a chosen order, because it depends on a message that was sent. */
  name: typeof stepNames[number] | 'recordSeen'
  notification: number
  connection: number
  /** Selects outcomes and options. */
  choice: number
}

export interface Change {
  from: string | null
  to: string
  /** The new event, or null. */
  event: string | null
}

/** A delivery with everything that its next state depends on. */
interface Situation {
  notificationId: string
  connectionId: string
  state: DeliveryState
  isDue: boolean
  claimId: string | null
  isLost: boolean
  attempts: number
  isCanceled: boolean
  isPaused: boolean
  isExpired: boolean
  onUnknown: string
  status: 'active' | 'needsReauth' | 'revoked'
  isLimited: boolean
  isMuted: boolean
  version: number
}

type States = Record<string, DeliveryState>

const provider = 'pushbullet'
const leaseMs = 60_000
/** A small number, so that many steps concern the same deliveries. */
const maxNotifications = 3
const outcome: Outcome = {
  state: 'retrying', attempted: true, reason: 'r', receipt: null, dueAt: null, limitedUntil: null, refusal: null, streak: null, endsStreak: false, event: { event: 'attempt' }
}
const outcomes: Outcome[] = [
  { ...outcome, state: 'sent', reason: null, receipt: { id: '1' } },
  outcome,
  { ...outcome, attempted: false, event: { event: 'wait' } },
  { ...outcome, attempted: false, event: { event: 'handedBack' } },
  { ...outcome, state: 'failed' },
  { ...outcome, state: 'expired', event: { event: 'expired' } },
  { ...outcome, state: 'parked', event: { event: 'parked' } },
  { ...outcome, state: 'parked', refusal: { status: 'needsReauth' } },
  { ...outcome, state: 'failed', refusal: { status: 'revoked' } },
  { ...outcome, state: 'unknown' }
]

/** Runs steps against PostgreSQL, and predicts the states that follow. A trigger records every change of a row. */
export async function openStateMachine (t: Test) {
  const { database, insertConnection, insertNotification } = await openRows(t)
  const { sql } = database
  await sql`create table changes (old_state text, new_state text, old_history jsonb, new_history jsonb)`
  await sql`
    create function record_change () returns trigger language plpgsql as $$ begin
      insert into changes values (old.state, new.state, old.history, new.history);
      return new;
    end $$`
  await sql`create trigger record_change after insert or update on deliveries for each row execute function record_change()`
  let connectionIds: string[] = []
  let notificationIds: string[] = []
  let broadcastId: string | undefined
  let claims: Array<{ id: string, claimed: Claimed[] }> = []

  async function reset (): Promise<void> {
    await sql`truncate deliveries, claims, notifications, connections cascade`
    notificationIds = []
    broadcastId = undefined
    claims = []
    connectionIds = [await insertConnection(), await insertConnection(), await insertConnection()]
  }

  async function run (step: Step): Promise<{ changes: Change[], predicted: States, actual: States }> {
    if (step.name === 'reclaimLost') await sql`update claims set until = now() - interval '1 second'`
    const before = await readSituations()
    const audience = step.name === 'insertNotifications' || step.name === 'claimSegment' ? await readAudience() : []
    await sql`truncate changes`
    const predicted = { ...statesOf(before), ...await apply(step, before, audience) }
    const rows = await sql<Array<{ from: string | null, to: string, event: string | null }>>`
      select old_state as "from", new_state as "to",
        case when jsonb_array_length(new_history) > jsonb_array_length(coalesce(old_history, '[]')) then new_history -> -1 ->> 'event' end as event
      from changes`
    return {
      changes: isIncident(step) ? [] : [...rows], predicted: sorted(predicted), actual: sorted(statesOf(await readSituations()))
    }
  }

  /** Executes the step, and returns the states that it should produce. */
  async function apply (step: Step, before: Situation[], audience: Member[]): Promise<States> {
    const notificationId = notificationIds[step.notification % notificationIds.length] ?? newId()
    const connectionId = connectionIds[step.connection] ?? newId()
    const keys: DeliveryKey[] = before.map(({ notificationId, connectionId }) => [notificationId, connectionId])
    const ofNotification = before.filter((one) => one.notificationId === notificationId)
    const ofConnection = before.filter((one) => one.connectionId === connectionId)
    switch (step.name) {
      case 'insertNotifications': return await insert(step, audience)
      case 'addBroadcast': await addBroadcast(); return {}
      case 'claimSegment': return await takeSegment(audience)
      case 'claim': {
        const taken = await claim(database, provider, keys, leaseMs)
        claims.push(taken)
        return predict(before, (one) => isWaiting(one) && one.isDue ? claimedState(one) : one.state)
      }
      case 'settle': return await settleSome(step, before)
      case 'reclaimLost': {
        const idempotent = step.choice % 2 === 0 ? [] : [provider]
        await reclaimLost(database, idempotent)
        return predict(before, (one) => !one.isLost
          ? one.state
          : one.onUnknown === 'hold' && idempotent.length === 0 ? 'unknown' : one.attempts >= 11 ? 'failed' : 'retrying')
      }
      case 'postpone': await postpone(database, provider, keys, { waitMs: 3_600_000, everyMs: 1, reason: 'rateLimited' }); return {}
      case 'pauseNotification': await pauseNotification(database, notificationId); return {}
      case 'resumeNotification': await resumeNotification(database, notificationId); return {}
      case 'recordSeen': await recordSeen(database, [notificationId, connectionId]); return {}
      case 'assignJobs': await assignJobs(database, [provider], 1_000); return {}
      case 'clearJobs': await clearJobs(database, await readJobs()); return {}
      case 'cancelNotification':
        await cancelNotification(database, notificationId)
        return predict(ofNotification, (one) => isOpen(one) && !one.isCanceled ? 'canceled' : one.state)
      case 'retryFailed':
        await retryFailed(database, notificationId)
        return predict(ofNotification, (one) =>
          ['failed', 'unknown'].includes(one.state) && !one.isCanceled && !one.isExpired ? 'queued' : one.state)
      case 'expireWaiting':
        await expireWaiting(database)
        return predict(before, (one) => isOpen(one) && one.isExpired ? 'expired' : one.state)
      case 'releaseParked':
        await releaseParked(database, [connectionId])
        return predict(ofConnection, (one) => one.state === 'parked' ? 'queued' : one.state)
      case 'skipWaiting':
        await skipWaiting(database, connectionId)
        return predict(ofConnection, (one) => isOpen(one) ? 'skipped' : one.state)
      case 'followConnections':
        await followConnections(database)
        return predict(before, (one) => isOpen(one) && one.status === 'revoked'
          ? 'skipped'
          : one.state === 'parked' && one.status === 'active' ? 'queued' : one.state)
      default: await happen(step, { notificationId, connectionId }); return {}
    }
  }

  async function happen ({ name, choice }: Step, { notificationId, connectionId }: Record<'notificationId' | 'connectionId', string>): Promise<void> {
    if (name === 'refuse') {
      await sql`update grants set status = 'needsReauth' where id = ${connectionId} and status = 'active'`
      await sql`update connections set status = 'needsReauth', status_reason = 'r' where id = ${connectionId} and status = 'active'`
    }
    if (name === 'reconnect') {
      await sql`
        update connections set status = 'active', status_reason = null, disconnected_at = null, limited_until = null
        where id = ${connectionId}`
      await sql`update grants set status = 'active', credentials = 'sealed', version = version + 1 where id = ${connectionId}`
    }
    if (name === 'disconnect') {
      await sql`
        update connections set status = 'revoked', status_reason = 'disconnected', disconnected_at = now()
        where id = ${connectionId}`
      await sql`update grants set status = 'revoked', credentials = null where id = ${connectionId}`
    }
    if (name === 'limit') await sql`update connections set limited_until = ${fromNow(3_600)} where id = ${connectionId} and status = 'active'`
    if (name === 'mute') await sql`update connections set muted = ${choice % 4 === 0 ? 'muted' : null} where id = ${connectionId}`
    if (name === 'expire') await sql`update notifications set expires_at = created_at + interval '1 millisecond' where id = ${notificationId}`
    if (name === 'endLeases') await sql`update claims set until = now() - interval '1 second'`
    if (name === 'spendAttempts') await sql`update deliveries set attempts = 11 where state = 'sending'`
    if (name === 'passTime') await sql`update deliveries set due_at = now() - interval '5 seconds' where due_at < 'infinity'`
  }

  async function insert ({ choice }: Step, audience: Member[]): Promise<States> {
    if (notificationIds.length >= maxNotifications) return {}
    const draft = draftTo(audience.map(({ externalId }) => externalId), { onUnknown: choice % 2 === 0 ? 'hold' : 'resend' })
    await insertNotifications(database, [draft], [provider])
    notificationIds.push(draft.id)
    return Object.fromEntries(audience.flatMap(({ connectionId, status, isMuted }) => status === 'revoked'
      ? []
      : [[keyOf(draft.id, connectionId), isMuted ? 'skipped' : status === 'active' ? 'queued' : 'parked'] as const]))
  }

  /** A broadcast whose audience is one segment. */
  async function addBroadcast (): Promise<void> {
    if (notificationIds.length >= maxNotifications) return
    broadcastId = await insertNotification({ audience: '{"everyone":true}' })
    notificationIds.push(broadcastId)
    const lastId = connectionIds.toSorted().at(-1) ?? ''
    await sql`insert into segments ${sql({
      notification_id: broadcastId, provider, number: 0, after_id: '00000000-0000-0000-0000-000000000000', last_id: lastId, size: 3, due_at: fromNow(-1)
    })}`
    await sql`insert into progress ${sql({
      notification_id: broadcastId,
provider,
audience: 3,
planned_to: lastId,
planned: 3,
segments: 1,
is_planned: true,
      queued: 3
    })}`
  }

  async function takeSegment (audience: Member[]): Promise<States> {
    const id = broadcastId
    if (id === undefined) return {}
    const segment = { notificationId: id, number: 0 }
    const taken = await claimSegment(database, { provider, segment, max: 500, restMs: 0, leaseMs })
    if (taken === undefined) return {}
    claims.push(taken)
    const [broadcast] = await sql<Array<Pick<Situation, 'isCanceled' | 'isExpired'>>>`
      select canceled_at is not null as "isCanceled", coalesce(expires_at <= now(), false) as "isExpired" from notifications where id = ${id}`
    if (broadcast === undefined) return {}
    return Object.fromEntries(audience.map(({ connectionId, status, isLimited, isMuted }) => {
      const state = claimedState({ ...broadcast, state: 'queued', status, isLimited, isMuted, isPaused: false })
      return [keyOf(id, connectionId), state]
    }))
  }

  async function settleSome ({ choice }: Step, before: Situation[]): Promise<States> {
    const held = claims[choice % Math.max(1, claims.length)]
    if (held === undefined) return {}
    const some = held.claimed.splice(0, 1 + choice % 3)
    const settlements = some.map((delivery, index) => (
      { delivery, outcome: outcomes[(choice + index) % outcomes.length] ?? outcome }))
    await settle(database, { claimId: held.id, settlements, isLast: held.claimed.length === 0, now: Date.now() })
    return predict(before, (one) => {
      const own = settlements.find(({ delivery }) =>
        one.claimId === held.id && delivery.notificationId === one.notificationId && delivery.connectionId === one.connectionId)
      return own === undefined ? one.state : settledState(one, own.outcome, own.delivery.credentialsVersion)
    })
  }

  async function readSituations (): Promise<Situation[]> {
    return await sql<Situation[]>`
      select notification_id as "notificationId", connection_id as "connectionId", state, coalesce(due_at <= now(), false) as "isDue",
        claims.id as "claimId", coalesce(claims.until < now(), false) as "isLost", attempts, canceled_at is not null as "isCanceled",
        paused_at is not null as "isPaused", coalesce(notifications.expires_at <= now(), false) as "isExpired", on_unknown as "onUnknown",
        status, coalesce(limited_until > now(), false) as "isLimited", muted is not null as "isMuted",
        (select version from grants where grants.id = grant_id) as version
      from deliveries join notifications on notifications.id = notification_id join connections on connections.id = connection_id
      left join claims on claims.id = claim_id`
  }

  async function readAudience (): Promise<Member[]> {
    return await sql<Member[]>`
      select connections.id as "connectionId", external_id as "externalId", status, coalesce(limited_until > now(), false) as "isLimited",
        muted is not null as "isMuted"
      from connections join users on users.id = user_id`
  }

  async function readJobs (): Promise<string[]> {
    const rows = await sql<Array<{ id: string }>>`select distinct job_id as id from deliveries where job_id is not null`
    return rows.map(({ id }) => id)
  }

  return { reset, run }
}

interface Member {
  connectionId: string
  externalId: string
  status: Situation['status']
  isLimited: boolean
  isMuted: boolean
}

function claimedState (one: Pick<Situation, 'state' | 'isCanceled' | 'isExpired' | 'isPaused' | 'status' | 'isLimited' | 'isMuted'>): DeliveryState {
  if (one.isCanceled) return 'canceled'
  if (one.isExpired) return 'expired'
  if (one.status === 'revoked' || one.isMuted) return 'skipped'
  if (one.isPaused) return one.state
  if (one.status === 'needsReauth') return 'parked'
  return one.isLimited ? one.state : 'sending'
}

function settledState (one: Situation, { state }: Outcome, version: number): DeliveryState {
  if (state !== 'retrying' && state !== 'parked' && state !== 'unknown') return state
  if (state === 'unknown' && one.onUnknown === 'hold') return 'unknown'
  if (one.status === 'revoked') return 'skipped'
  if (one.isCanceled) return 'canceled'
  if (state === 'unknown') return 'retrying'
  return state === 'parked' && one.status === 'active' && one.version > version ? 'retrying' : state
}

function isWaiting ({ state }: Situation): boolean {
  return state === 'queued' || state === 'retrying'
}

function isOpen (one: Situation): boolean {
  return isWaiting(one) || one.state === 'parked'
}

function isIncident ({ name }: Step): boolean {
  return incidents.some((incident) => incident === name)
}

function predict (situations: Situation[], next: (one: Situation) => DeliveryState): States {
  return statesOf(situations.map((one) => ({ ...one, state: next(one) })))
}

function statesOf (situations: Situation[]): States {
  return Object.fromEntries(
    situations.map(({ notificationId, connectionId, state }) => [keyOf(notificationId, connectionId), state]))
}

function sorted (states: States): States {
  return Object.fromEntries(Object.entries(states).toSorted())
}

function keyOf (notificationId: string, connectionId: string): string {
  return `${notificationId} ${connectionId}`
}

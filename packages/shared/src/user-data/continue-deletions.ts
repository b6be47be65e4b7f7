import { eraseAuditAddresses } from '../audit/index.ts'
import { publicId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { eraseDeliveries, skipWaiting } from '../deliveries/index.ts'
import { eraseAttempts } from '../endpoints/index.ts'
import { eraseFromOwnEvents, isUserAwaited, searchDeliveryEvents } from '../events/index.ts'
import type { Log } from '../log/index.ts'
import { eraseFromNotifications, searchNotifications } from '../notifications/index.ts'
import type { ErasedUser } from '../notifications/index.ts'
import { pseudonymOf } from './deletion.ts'
import { eraseHandshakes, hasHandshakes } from './erase-handshakes.ts'
import { endLateRevocations, endUnusedRevocations, hasRevocations } from './late-revocations.ts'

interface RunningDeletion {
  id: string
  userId: string
  externalId: string
  notificationsTo: string | null
  eventsTo: string | null
  /** Up to where notifications and events may contain the user. */
  searchTo: string
}

const perRun = 100
const rowsPerStatement = 1_000
/** Statements that have read the user before the deletion was committed end within this time, because of their timeout. */
const settledSeconds = 60
/** No transaction of Carillon lasts this long. */
const maxTransactionMinutes = 60
/** Requests that were being handled end within this time. What the site sends about the user later is not searched. */
const searchedMinutes = 60
/** A run ends after this time, and the next one continues. */
const maxRunMs = 20_000

/**
 * Continues the deletions that are not completed. Each step finds what is left by itself, so that a run after a crash continues.
 * Also ends late revocations of credentials that no connection used.
 * Returns the number of deletions that it completed.
 */
export async function continueDeletions ({ database, log }: { database: Database, log: Log }): Promise<number> {
  const { sql } = database
  await endUnusedRevocations(database)
  const running = await sql<RunningDeletion[]>`
    select id, user_id as "userId", external_id as "externalId", notifications_to as "notificationsTo", events_to as "eventsTo",
      -- Later ones are about another user, if the site has created one with the same id.
      uuid_since(least(now(), created_at + ${searchedMinutes} * interval '1 minute', (
        select created_at from users where users.external_id = user_deletions.external_id))) as "searchTo"
    from user_deletions
    -- Older transactions may still write data about the user. Those of other databases count too, and after a restore on another
    -- server the ids of transactions begin again, so the wait has a bound.
    where completed_at is null and created_at < now() - ${settledSeconds} * interval '1 second' and (
      transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
      or created_at < now() - ${maxTransactionMinutes} * interval '1 minute')
    -- In random order, so that those that wait for days do not keep others from their turn.
    order by random() limit ${perRun}`
  const until = performance.now() + maxRunMs
  let completed = 0
  for (const deletion of running) {
    if (performance.now() > until) break
    if (!await continueDeletion(database, deletion, until)) continue
    completed++
    log.info({ userId: publicId('user', deletion.userId) }, 'deleted a user')
  }
  return completed
}

/** True when nothing is left. */
async function continueDeletion (database: Database, deletion: RunningDeletion, until: number): Promise<boolean> {
  const { db, sql } = database
  const { id, userId, externalId } = deletion
  await count(database, id, 'handshakes', await eraseHandshakes({ db }, userId))
  await sql`delete from team_members where user_id = ${userId}`
  await endLateRevocations(database, userId)
  const user = { externalId, pseudonym: pseudonymOf(userId) }
  const isErased = await eraseSent(database, deletion, user, until) && await eraseNamed(database, deletion, user, until) &&
    await eraseEvents(database, deletion, until)
  if (!isErased || await hasHandshakes({ db }, userId) || await hasRevocations(database, userId)) return false
  // Of what the user did while the deletion began.
  await eraseAuditAddresses({ db }, userId)
  await sql`update user_deletions set completed_at = now(), external_id = null where id = ${id}`
  return true
}

/** Erases the deliveries to the user, and the user in their notifications. */
async function eraseSent (
  database: Database, { id, userId, notificationsTo }: RunningDeletion, user: ErasedUser, until: number
): Promise<boolean> {
  // The search of notifications follows. An earlier run has finished this step, and later deliveries are skipped.
  if (notificationsTo !== null) return true
  const { sql } = database
  const own = await sql<Array<{ id: string }>>`select id from connections where user_id = ${userId} order by id`
  let isDone = true
  for (const { id: connectionId } of own) {
    await skipWaiting(database, connectionId, 'userDeleted')
    for (let after: string | undefined; ;) {
      const page = await eraseDeliveries(database, connectionId, { after, limit: rowsPerStatement })
      await count(database, id, 'deliveries', page.erased)
      await count(database, id, 'notifications', await eraseFromNotifications(database, user, page.notificationIds))
      if (page.open > 0) isDone = false
      if (page.next === undefined) break
      if (performance.now() > until) return false
      after = page.next
    }
  }
  return isDone
}

/** Erases the user in other notifications: those that did not reach the user. */
async function eraseNamed (
  database: Database, { id, notificationsTo, searchTo }: RunningDeletion, user: ErasedUser, until: number
): Promise<boolean> {
  const { sql } = database
  for (let after = notificationsTo; ;) {
    const page = await searchNotifications(database, user, { after, before: searchTo, limit: rowsPerStatement })
    await count(database, id, 'notifications', page.erased)
    after = page.isEnd ? laterOf(page.last, searchTo) : page.last
    await sql`update user_deletions set notifications_to = ${after} where id = ${id}`
    if (page.isEnd) return true
    if (performance.now() > until) return false
  }
}

/** In text, ids sort as in the database. */
function laterOf (id: string | null, other: string): string {
  return id !== null && id > other ? id : other
}

/** Erases the user in events, once the endpoints of the site have received those about the deletion. */
async function eraseEvents (
  database: Database, { id, userId, eventsTo, searchTo }: RunningDeletion, until: number
): Promise<boolean> {
  const { sql } = database
  const own = await sql<Array<{ id: string }>>`select id from connections where user_id = ${userId}`
  const connectionIds = own.map((connection) => publicId('connection', connection.id))
  for (let after = eventsTo; ;) {
    const page = await searchDeliveryEvents(database, connectionIds, { after, before: searchTo, limit: rowsPerStatement })
    await eraseAttempts(database, page.eventIds)
    await count(database, id, 'events', page.eventIds.length)
    after = page.isEnd ? laterOf(page.last, searchTo) : page.last
    await sql`update user_deletions set events_to = ${after} where id = ${id}`
    if (page.isEnd) break
    if (performance.now() > until) return false
  }
  if (await isUserAwaited(database, userId)) return false
  const { eventIds, erased } = await eraseFromOwnEvents(database, userId)
  await eraseAttempts(database, eventIds)
  await count(database, id, 'events', erased)
  return true
}

async function count ({ sql }: Pick<Database, 'sql'>, id: string, kind: string, number: number): Promise<void> {
  if (number === 0) return
  await sql`
    update user_deletions set erased = erased || jsonb_build_object(${kind}::text, coalesce((erased ->> ${kind}::text)::int, 0) + ${number}::int)
    where id = ${id}`
}

import type { Database } from '../db/index.ts'
import { runWithRequestId } from '../log/index.ts'
import type { Log } from '../log/index.ts'
import { insertNotifications } from '../deliveries/index.ts'
import type { Accepted } from '../deliveries/index.ts'
import type { DeliveryQueues } from '../deliveries/delivery-queues.ts'
import type { Audience, Draft } from './draft.ts'
import { enqueueBatches, enqueuePlans, enqueueWakes } from '../deliveries/enqueue.ts'
import type { Tracing } from '../tracing/index.ts'
import { AlreadyAcceptedError } from './already-accepted-error.ts'
import { StaleKeyError } from './stale-key-error.ts'

/** The limits of one statement. Further drafts go into the next one. */
const draftsPerInsert = 500
const recipientsPerInsert = 20_000
/** The assumed size of a team, because only the statement reads its members. */
const recipientsPerTeam = 100

export interface Accepter {
  /**
   * Resolves once the notification and its deliveries are committed. Rejects with StaleKeyError when its API key was revoked or
   * changed, and with AlreadyAcceptedError when a notification has its id.
   */
  accept: (draft: Draft) => Promise<Accepted>
  /** Accepts several drafts of one API key, all or none, in one statement. Returns the results in their order. */
  acceptAll: (drafts: Draft[]) => Promise<Accepted[]>
  /** Waits until everything accepted is committed and queued. */
  close: () => Promise<void>
}

export interface AccepterServices {
  database: Database
  queues: DeliveryQueues
  log: Log
  tracing?: Tracing | undefined
  /** Called with the number of notifications that were committed together. */
  onAccepted?: (notifications: number) => void
}

interface Waiting {
  drafts: Draft[]
  resolve: (accepted: Accepted[]) => void
  reject: (error: unknown) => void
}

/**
 * Commits drafts in groups: a single one immediately, and those that arrive during a statement together in the next one.
 * Accepting does not wait for the queue: reconcile finds rows without jobs.
 */
export function createAccepter ({ database, queues, log, tracing, onAccepted = () => {} }: AccepterServices): Accepter {
  const offered = [...queues.deliver.keys()]
  const waiting: Waiting[] = []
  const enqueuing = new Set<Promise<void>>()
  let committing: Promise<void> | undefined

  async function commitAll (): Promise<void> {
    // Requests that were parsed in the same turn of the event loop share a statement.
    await new Promise(setImmediate)
    while (waiting.length > 0) await commitTraced(takeGroup(waiting))
    // Runs in the same turn as the check of `waiting`, so a later caller starts a new commit.
    committing = undefined
  }

  /** The span belongs to the trace of the first notification. */
  async function commitTraced (group: Waiting[]): Promise<void> {
    const [first] = group.flatMap(({ drafts }) => drafts)
    const parent = first?.traceparent
    if (tracing === undefined || parent === undefined) return await commit(group)
    await tracing.inSpan('accept', { parent, attributes: { 'carillon.requests': group.length } }, () => commit(group))
  }

  async function commit (group: Waiting[]): Promise<void> {
    const drafts = group.flatMap(({ drafts }) => drafts)
    try {
      const { accepted, batches, wakes, plans } = await insertNotifications(database, drafts, offered)
      if (batches.length > 0) track(enqueueBatches(queues, batches))
      if (wakes.length > 0) track(enqueueWakes(queues, wakes))
      if (plans.length > 0) track(enqueuePlans(queues, plans))
      onAccepted(accepted.filter((one) => one !== undefined).length)
      let assigned = 0
      for (const { drafts, resolve, reject } of group) {
        const own = accepted.slice(assigned, assigned += drafts.length)
        if (own.every((one) => one !== undefined)) resolve(own)
        else reject(new StaleKeyError())
      }
    } catch (error) {
      // A draft that the database refuses must not fail the others of its group.
      if (group.length > 1 && isRefusal(error)) for (const one of group) await commit([one])
      else for (const { reject } of group) reject(isTaken(error) ? new AlreadyAcceptedError() : error)
    }
  }

  function track (adding: Promise<void>): void {
    const tracked = adding.catch((error: unknown) => log.warn({ err: error }, 'deliveries wait for reconcile: the queue did not take them'))
      .finally(() => enqueuing.delete(tracked))
    enqueuing.add(tracked)
  }

  function acceptAll (drafts: Draft[]): Promise<Accepted[]> {
    return new Promise((resolve, reject) => {
      const traceparent = tracing?.traceparent()
      const traced = traceparent === undefined ? drafts : drafts.map((draft) => ({ ...draft, traceparent }))
      waiting.push({ drafts: traced, resolve, reject })
      // A group belongs to several requests.
      committing ??= runWithRequestId(null, commitAll)
    })
  }

  return {
    accept: async (draft) => {
      const [accepted] = await acceptAll([draft])
      if (accepted === undefined) throw new Error('One draft has one answer')
      return accepted
    },
    acceptAll,
    close: async () => {
      await committing
      await Promise.all(enqueuing)
    }
  }
}

function takeGroup (waiting: Waiting[]): Waiting[] {
  let [count, recipients] = [0, 0]
  const end = waiting.findIndex(({ drafts }, index) => {
    count += drafts.length
    recipients += drafts.reduce((sum, { audience }) => sum + recipientsOf(audience), 0)
    return index > 0 && (count > draftsPerInsert || recipients > recipientsPerInsert)
  })
  return waiting.splice(0, end === -1 ? waiting.length : end)
}

function recipientsOf (audience: Audience): number {
  if ('userIds' in audience) return audience.userIds.length
  return 'teamIds' in audience ? audience.teamIds.length * recipientsPerTeam : 0
}

/** SQLSTATE classes 22 and 23 mean invalid data, not an unavailable database. */
function isRefusal (error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^2[23]/.test(String(error.code))
}

function isTaken (error: unknown): boolean {
  return error instanceof Error && 'constraint_name' in error && error.constraint_name === 'notifications_pkey'
}

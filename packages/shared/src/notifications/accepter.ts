import type { Database } from '../db/index.ts'
import type { Log } from '../log/index.ts'
import { insertNotifications } from './accept.ts'
import type { Accepted } from './accept.ts'
import { enqueue } from './delivery-queues.ts'
import type { DeliveryQueues } from './delivery-queues.ts'
import type { Draft } from './draft.ts'

/** Bounds of one statement; what is beyond them goes into the next. */
const draftsPerInsert = 500
const recipientsPerInsert = 20_000

export interface Accepter {
  /** Resolves once the notification and its deliveries are committed. */
  accept: (draft: Draft) => Promise<Accepted>
  /** Waits for everything accepted to be committed and queued. */
  close: () => Promise<void>
}

interface Waiting {
  draft: Draft
  resolve: (accepted: Accepted) => void
  reject: (error: unknown) => void
}

/**
 * Commits drafts in groups: one that comes alone goes at once, those that come while a statement is under way share the
 * next. The answer does not wait for the queue: rows are the truth, and reconcile finds those that no job knows of.
 */
export function createAccepter (
  { database, queues, log }: { database: Database, queues: DeliveryQueues, log: Log }
): Accepter {
  const offered = [...queues.keys()]
  const waiting: Waiting[] = []
  const enqueuing = new Set<Promise<void>>()
  let committing: Promise<void> | undefined

  async function commitAll (): Promise<void> {
    // Requests that were parsed in the same turn of the event loop go together.
    await new Promise(setImmediate)
    while (waiting.length > 0) await commit(takeGroup(waiting))
    // In the same turn as the look at `waiting`: whoever comes after it must find nobody at work.
    committing = undefined
  }

  async function commit (group: Waiting[]): Promise<void> {
    try {
      const { accepted, dispatched } = await insertNotifications(database, group.map(({ draft }) => draft), offered)
      track(enqueue(queues, dispatched))
      for (const [index, answer] of accepted.entries()) group[index]?.resolve(answer)
    } catch (error) {
      // One draft that the database refuses must not take its neighbours with it.
      if (group.length > 1 && isRefusal(error)) for (const one of group) await commit([one])
      else for (const { reject } of group) reject(error)
    }
  }

  function track (adding: Promise<void>): void {
    const tracked = adding.catch((error: unknown) => log.warn({ err: error }, 'deliveries wait for reconcile: the queue did not take them'))
      .finally(() => enqueuing.delete(tracked))
    enqueuing.add(tracked)
  }

  return {
    accept: (draft) => new Promise((resolve, reject) => {
      waiting.push({ draft, resolve, reject })
      committing ??= commitAll()
    }),
    close: async () => {
      await committing
      await Promise.all(enqueuing)
    }
  }
}

function takeGroup (waiting: Waiting[]): Waiting[] {
  let recipients = 0
  const end = waiting.findIndex(({ draft }, index) => {
    recipients += draft.audience.userIds.length
    return index > 0 && (index >= draftsPerInsert || recipients > recipientsPerInsert)
  })
  return waiting.splice(0, end === -1 ? waiting.length : end)
}

/** SQLSTATE classes 22 and 23: the data is at fault, and not a database that is away or busy. */
function isRefusal (error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^2[23]/.test(String(error.code))
}

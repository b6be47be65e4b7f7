import type { Database } from '@carillon/shared/db'
import type { Refresher } from '@carillon/shared/connections'
import type { Log } from '@carillon/shared/log'
import { dispatchWaiting, enqueue } from '@carillon/shared/notifications'
import type { DeliverJob, DeliveryKey, DeliveryQueues } from '@carillon/shared/notifications'
import type { Http, Message, Provider, Registrations } from '@carillon/shared/providers'
import type { Vault } from '@carillon/shared/vault'
import { claim } from './claim.ts'
import type { Claimed } from './claim.ts'
import { forEachBounded } from '../for-each-bounded.ts'
import { persist } from '../persist.ts'
import { limitTime } from './limit-time.ts'
import { handedBack, waitOutcome } from './outcome.ts'
import { createSender } from './send.ts'
import { settle } from './settle.ts'
import type { Settlement } from './settle.ts'
import { createSettler } from './settler.ts'

export interface DeliverServices {
  database: Database
  queues: DeliveryQueues
  providers: ReadonlyMap<string, Provider>
  vault: Vault
  http: Http
  registrations: Registrations
  refresher: Refresher
  log: Log
  now: () => number
  /** Requests at a time, in each batch. */
  concurrency: number
  leaseMs: number
  /** Aborts when the worker is asked to stop: nothing new is begun. */
  stopping: AbortSignal
  /** Aborts a while later: what is still under way is given up. */
  giveUp: AbortSignal
}

const settling = { most: 500, afterMs: 100 }
/** Shares of the lease: nothing begins after the first, nothing lasts beyond the second, so nobody sends what we still send. */
const beginShare = 0.5
const endShare = 0.9

/**
 * Delivers one batch: claim, send, settle. Deliveries that do not get their turn in time are handed back. What the queue does
 * not take is left to reconcile. Rejects, with deliveries held until their lease ends, only while the database is away.
 */
export async function deliver (services: DeliverServices, providerId: string, { deliveries }: DeliverJob): Promise<void> {
  const { database, queues, log, now, leaseMs } = services
  const provider = services.providers.get(providerId)
  if (provider?.send === undefined) throw new Error(`Provider ${providerId} cannot send`)

  const startedAt = now()
  // First, so that nothing is held yet should it fail.
  const messages = await loadMessages(database, deliveries)
  const { id, claimed, limited } = await claim(database, deliveries, leaseMs)
  await leaveToReconcile(enqueue(queues, limited))
  if (claimed.length === 0) return

  const { signal, release } = limitTime(leaseMs * endShare - (now() - startedAt), services.giveUp)
  const send = createSender(services, provider, messages, signal)
  const silentUntil = new Map<string, number>()
  const counts = new Map<string, number>()
  let jobless = 0

  const settler = createSettler<Settlement>(async (settlements) => {
    const waiting = await persist(() => settle(database, id, settlements, now()), signal, (error) => {
      log.warn({ err: error, claimId: id, settlements: settlements.length }, 'cannot settle yet')
    })
    jobless += waiting.jobless
    await leaveToReconcile(enqueue(queues, waiting.dispatched))
  }, settling)

  await forEachBounded(claimed, services.concurrency, async (delivery) => {
    const settlement = await attempt(delivery)
    const { state } = settlement.outcome
    counts.set(state, (counts.get(state) ?? 0) + 1)
    settler.add(settlement)
  })
  await settler.close().finally(release)
  if (jobless > 0) await leaveToReconcile(dispatchWaiting(database, queues))
  log.info({ claimId: id, provider: providerId, claimed: claimed.length, durationMs: now() - startedAt, ...Object.fromEntries(counts) }, 'batch')

  /** The rows are committed and tell when they are due, so a queue that is away must not keep us from the rest. */
  function leaveToReconcile (adding: Promise<unknown>): Promise<unknown> {
    return adding.catch((error: unknown) => log.warn({ err: error }, 'deliveries wait for reconcile: the queue did not take them'))
  }

  async function attempt (delivery: Claimed): Promise<Settlement> {
    if (services.stopping.aborted || now() - startedAt > leaseMs * beginShare) return { delivery, outcome: handedBack() }
    const silent = silentUntil.get(delivery.connectionId)
    if (silent !== undefined && silent > now()) return { delivery, outcome: waitOutcome(silent) }
    const settlement = await send(delivery)
    const { limitedUntil } = settlement.outcome
    if (limitedUntil !== null) silentUntil.set(delivery.connectionId, limitedUntil)
    return settlement
  }
}

async function loadMessages ({ sql }: Database, keys: DeliveryKey[]): Promise<Map<string, Message>> {
  const ids = [...new Set(keys.map(([notificationId]) => notificationId))]
  const rows = await sql<Array<{ id: string, message: Message }>>`select id, message from notifications where id = any (${ids}::uuid[])`
  return new Map(rows.map(({ id, message }) => [id, message]))
}

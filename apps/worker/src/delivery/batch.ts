import { enqueueSegments, enqueueWakes, handedBack, settle, waitOutcome } from '@carillon/shared/deliveries'
import type { Claimed, DueSegment, Settlement, Wake } from '@carillon/shared/deliveries'
import type { Message, Provider } from '@carillon/shared/providers'
import { exponentialBackoff, retry } from '@carillon/shared/retry'
import { forEachBounded } from '../for-each-bounded.ts'
import type { DeliverServices } from './deliver-services.ts'
import { limitTime } from '../limit-time.ts'
import { createSender } from './send.ts'
import { createSettler } from './settler.ts'

export interface Batch {
  claimId: string
  provider: Provider
  /** By notification. */
  messages: Map<string, Message>
  claimed: Claimed[]
  /** When the claim was requested, by `performance.now()`: a lease is a duration. */
  startedAt: number
}

const settling = { most: 500, afterMs: 100 }
/** Shares of the lease: nothing begins after the first, nothing lasts beyond the second, so nobody sends what we still send. */
const beginShare = 0.5
const endShare = 0.9

/**
 * Sends what was claimed and settles it in sets. Deliveries that do not get their turn in time are handed back. What the queue
 * does not take is left to reconcile. Rejects, with deliveries held until their lease ends, only while the database is away.
 */
export async function sendBatch (
  services: DeliverServices, { claimId, provider, messages, claimed, startedAt }: Batch
): Promise<void> {
  const { breakers, database, log, now, leaseMs } = services
  const { signal, release } = limitTime(leaseMs * endShare - (performance.now() - startedAt), services.giveUp)
  const send = createSender(services, provider, messages, { signal, startedAt })
  const silentUntil = new Map<string, number>()
  const counts = new Map<string, number>()

  const settler = createSettler<Settlement>(async (settlements, isLast) => {
    const wakes = await retry(() => settle(database, { claimId, settlements, isLast, now: now() }), {
      delaysMs: exponentialBackoff(),
      signal,
      onError: (error) => log.warn({ err: error, claimId, settlements: settlements.length }, 'cannot settle yet')
    })
    await leaveToReconcile(services, wakes)
  }, settling)

  await forEachBounded(claimed, services.concurrency, async (delivery) => {
    const settlement = await attempt(delivery)
    const { state } = settlement.outcome
    counts.set(state, (counts.get(state) ?? 0) + 1)
    settler.add(settlement)
  })
  await settler.close().finally(release)
  const durationMs = Math.round(performance.now() - startedAt)
  log.info({ claimId, provider: provider.id, claimed: claimed.length, durationMs, ...Object.fromEntries(counts) }, 'batch')

  async function attempt (delivery: Claimed): Promise<Settlement> {
    const isLate = performance.now() - startedAt > leaseMs * beginShare
    if (services.stopping.aborted || isLate) {
      if (delivery.isProbe) await breakers.giveBackProbe(provider.id, delivery.host)
      return { delivery, outcome: handedBack() }
    }
    const closed = delivery.isProbe ? undefined : breakers.closed(provider.id, delivery.host)
    if (closed !== undefined) return { delivery, outcome: waitOutcome(closed.until, closed.reason) }
    const silent = silentUntil.get(delivery.connectionId)
    if (silent !== undefined && silent > now()) return { delivery, outcome: waitOutcome(silent, 'rateLimited') }
    const settlement = await send(delivery)
    const { limitedUntil } = settlement.outcome
    if (limitedUntil !== null) silentUntil.set(delivery.connectionId, limitedUntil)
    return settlement
  }
}

/** The rows are committed and tell when they are due, so a queue that is away must not keep us from the rest. */
export async function leaveToReconcile ({ queues, log }: DeliverServices, wakes: Wake[]): Promise<void> {
  if (wakes.length === 0) return
  await enqueueWakes(queues, wakes).catch((error: unknown) => {
    log.warn({ err: error }, 'deliveries wait for reconcile: the queue did not take them')
  })
}

export async function leaveSegment ({ queues, log }: DeliverServices, segment: DueSegment | undefined): Promise<void> {
  if (segment === undefined) return
  await enqueueSegments(queues, [segment]).catch((error: unknown) => {
    log.warn({ err: error }, 'a segment waits for reconcile: the queue did not take it')
  })
}

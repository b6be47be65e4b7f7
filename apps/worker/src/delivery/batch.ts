import { enqueueSegments, enqueueWakes, handedBack, settle, waitOutcome } from '@carillon/shared/deliveries'
import type { Claimed, DueSegment, Settlement, Wake } from '@carillon/shared/deliveries'
import type { Provider } from '@carillon/shared/providers'
import { exponentialBackoff, retry } from '@carillon/shared/retry'
import { forEachWithSlot } from '../concurrency/for-each-with-slot.ts'
import type { Kind, Slot } from '../concurrency/host-gate.ts'
import type { DeliverServices } from './deliver-services.ts'
import { limitTime } from '../limit-time.ts'
import type { DueMessages } from './load-messages.ts'
import { hasChosenHosts } from './provider-hosts.ts'
import { createSender } from './send.ts'
import { createBatchFlusher } from './batch-flusher.ts'
import { traceAttempt } from './trace-attempt.ts'

export interface Batch {
  claimId: string
  provider: Provider
  kind: Kind
  /** By notification. */
  messages: DueMessages
  claimed: Claimed[]
  /** When the claim was requested, by `performance.now()`: a lease is a duration. */
  startedAt: number
  /** Called when every delivery has begun or waits for a slot. */
  onStarted?: (() => void) | undefined
}

const flushLimits = { maxItems: 500, afterMs: 100 }
/** Shares of the lease. No request starts after the first or runs beyond the second, so no other worker sends the same. */
export const beginShare = 0.5
const endShare = 0.9

/**
 * Sends the claimed deliveries and settles them in sets. Hands back those that it cannot start in time. Rejects only while the
 * database is unreachable; the remaining deliveries then wait for the end of their lease.
 */
export async function sendBatch (services: DeliverServices, batch: Batch): Promise<void> {
  const { tracing } = services
  if (tracing === undefined) return await sendAll(services, batch)
  const attributes = { 'carillon.provider': batch.provider.id, 'carillon.deliveries': batch.claimed.length }
  await tracing.inSpan('deliver', { attributes }, () => sendAll(services, batch))
}

async function sendAll (
  services: DeliverServices, { claimId, provider, kind, messages, claimed, startedAt, onStarted }: Batch
): Promise<void> {
  const { breakers, database, limiter, log, now, leaseMs, metrics, paces } = services
  const { signal, release } = limitTime(leaseMs * endShare - (performance.now() - startedAt), services.aborting)
  const send = createSender(services, provider, messages, { signal, startedAt })
  const limits = new Map<string, number>()
  const counts = new Map<string, number>()

  const flusher = createBatchFlusher<Settlement>(async (settlements, isLast) => {
    const wakes = await retry(() => settle(database, { claimId, settlements, isLast, now: now() }), {
      delaysMs: exponentialBackoff(),
      signal,
      onError: (error) => log.warn({ err: error, claimId, settlements: settlements.length }, 'could not settle, retrying')
    })
    countSettled(settlements)
    await enqueueWakeups(services, wakes)
  }, flushLimits)
  const ownGate = hasChosenHosts(provider) ? undefined : limiter.gateOf(provider.id, '', false)
  let inFlight = claimed.length
  metrics.addInFlight(provider.id, inFlight)

  await forEachWithSlot(services, {
    provider: provider.id,
    kind,
    items: claimed,
    gateOf: ({ host }) => ownGate ?? limiter.gateOf(provider.id, host, true),
    beginWithinMs: leaseMs * beginShare - (performance.now() - startedAt),
    work: async (delivery, slot) => note(slot === undefined ? await handBack(delivery) : await attempt(delivery, slot)),
    postpone: async (delivery, afterMs) => note(await handBack(delivery, now() + afterMs)),
    onStarted
  })
  await flusher.close().finally(() => {
    // These wait for the end of their lease.
    metrics.addInFlight(provider.id, -inFlight)
    release()
  })
  const durationMs = Math.round(performance.now() - startedAt)
  log.info({ claimId, provider: provider.id, claimed: claimed.length, durationMs, ...Object.fromEntries(counts) }, 'batch')

  function note (settlement: Settlement): void {
    const { state } = settlement.outcome
    counts.set(state, (counts.get(state) ?? 0) + 1)
    flusher.add(settlement)
  }

  function countSettled (settlements: Settlement[]): void {
    const at = now()
    inFlight -= settlements.length
    metrics.addInFlight(provider.id, -settlements.length)
    metrics.countSettled(provider.id, settlements.map(({ delivery: { notificationId }, outcome }) => ({
      outcome, ageMs: at - (messages.get(notificationId)?.dueAt ?? at)
    })))
  }

  async function handBack (delivery: Claimed, dueAt?: number): Promise<Settlement> {
    if (delivery.probedHost !== null) await breakers.releaseProbe(provider.id, delivery.probedHost)
    return { delivery, outcome: handedBack(dueAt) }
  }

  async function attempt (delivery: Claimed, slot: Slot): Promise<Settlement> {
    // A probe finds out whether the host accepts requests again.
    if (delivery.probedHost !== null) return await attemptNow(delivery, slot)
    return await paces.inTurn(provider.id, delivery.host, () => attemptNow(delivery, slot), (until) => ({ delivery, outcome: waitOutcome(until, 'rateLimited') }))
  }

  async function attemptNow (delivery: Claimed, slot: Slot): Promise<Settlement> {
    const isLate = performance.now() - startedAt > leaseMs * beginShare
    if (services.stopping.aborted || isLate) return await handBack(delivery)
    const blocked = delivery.probedHost !== null ? undefined : breakers.findBlock(provider.id, delivery.host)
    if (blocked !== undefined) return { delivery, outcome: waitOutcome(blocked.until, blocked.reason) }
    const limitedUntilMs = limits.get(delivery.connectionId)
    if (limitedUntilMs !== undefined && limitedUntilMs > now()) return { delivery, outcome: waitOutcome(limitedUntilMs, 'rateLimited') }
    const due = messages.get(delivery.notificationId)
    const settlement = services.tracing === undefined
      ? await send(delivery, slot)
      : await traceAttempt(services.tracing, { provider, delivery, due }, () => send(delivery, slot))
    const { limitedUntil } = settlement.outcome
    if (limitedUntil !== null) limits.set(delivery.connectionId, limitedUntil)
    return settlement
  }
}

/** The rows contain their due times, so reconcile finds the deliveries if the queue is unreachable. */
export async function enqueueWakeups ({ queues, log }: DeliverServices, wakes: Wake[]): Promise<void> {
  if (wakes.length === 0) return
  await enqueueWakes(queues, wakes).catch((error: unknown) => {
    log.warn({ err: error }, 'could not add wake-ups; the deliveries wait for reconcile')
  })
}

export async function enqueueSegment ({ queues, log }: DeliverServices, segment: DueSegment | undefined): Promise<void> {
  if (segment === undefined) return
  await enqueueSegments(queues, [segment]).catch((error: unknown) => {
    log.warn({ err: error }, 'could not add a segment; it waits for reconcile')
  })
}

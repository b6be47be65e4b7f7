import type { ConcurrencyLimit, Signal } from './concurrency-limit.ts'
import { createWaitingList } from './waiting-list.ts'
import type { WaitingList } from './waiting-list.ts'

/** `direct` is for named users, and goes before broadcasts. */
export const kinds = ['direct', 'broadcast'] as const
export type Kind = typeof kinds[number]

/** A request in flight. */
export interface Slot {
  /** Records what a request that started at `startedAt` showed about the host. */
  record: (signal: Signal, startedAt: number) => void
  release: () => void
}

export interface Waiter {
  /** Called with a slot, or without one when the worker stops. */
  start: (slot: Slot | undefined) => void
  /** Called when the waiter leaves the queue. */
  onLeave: () => void
}

/** The requests to one host of a provider. */
export interface HostGate {
  readonly provider: string
  /** Empty for the provider's own host. */
  readonly host: string
  readonly limit: ConcurrencyLimit
  /** How many requests may be in flight for another reason, such as a known rate. */
  readonly bound: () => number
  readonly waiting: Record<Kind, WaitingList<Waiter>>
  /** Whether the gate is in the list of gates that can start a request. */
  readonly isReady: Record<Kind, boolean>
  inFlight: number
  /** When the last request ended, or the first one started, by the clock of the limit. */
  progressAt: number
  /** When a delivery that is postponed now can start. */
  turnAt: number
}

/** Slots that broadcasts leave free, so that other notifications go through while the host does not respond to a broadcast. */
const reservedShare = 1 / 16
const maxReserved = 16

export function reservedOf (limit: number): number {
  return Math.min(maxReserved, Math.floor(limit * reservedShare))
}

export function createHostGate (
  { provider, host, limit, bound, now }: Pick<HostGate, 'provider' | 'host' | 'limit' | 'bound'> & { now: number }
): HostGate {
  return {
    provider,
    host,
    limit,
    bound,
    waiting: { direct: createWaitingList(), broadcast: createWaitingList() },
    isReady: { direct: false, broadcast: false },
    inFlight: 0,
    progressAt: now,
    turnAt: 0
  }
}

/** How many requests may be in flight. */
function maxOf ({ limit, bound }: HostGate): number {
  return Math.min(limit.value, bound())
}

export function hasRoom (gate: HostGate, kind: Kind): boolean {
  const { inFlight } = gate
  const value = maxOf(gate)
  return inFlight < (kind === 'direct' ? value : value - reservedOf(value))
}

/** The estimated time between two starts at the host. A host that does not respond gets slower with time. */
export function intervalMs (gate: HostGate, now: number): number {
  const { inFlight, limit: { latencyMs = 0 }, progressAt } = gate
  return Math.max(latencyMs, inFlight === 0 ? 0 : now - progressAt) / maxOf(gate)
}

/** A host does not respond when no request has ended for this time. */
const stalledMs = 2_000

/**
 * How long a request waits that has `ahead` others before it. Without a bound, because a bound on a host about which little is
 * known grows with each response.
 */
export function estimateWaitMs (
  { inFlight, limit: { value, latencyMs = 0 }, progressAt }: HostGate, ahead: number, now: number
): number {
  if (inFlight > 0 && now - progressAt > Math.max(stalledMs, 3 * latencyMs)) return Infinity
  return ahead * latencyMs / value
}

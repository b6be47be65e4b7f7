import type { LimitFallReason } from '@carillon/shared/workers'
import { createCeiling } from './ceiling.ts'
import { createWindowedMinimum } from './windowed-minimum.ts'

/**
 * What a request showed about its host:
 * - `completed`: the host responded. The time that this took counts.
 * - `rateLimited`, `unavailable`: the host refused the request, with 429 or 503.
 * - `accountLimited`: a 429 that concerns one account. Only many of them show that the host refuses too many requests.
 * - `timeout`, `unreachable`: no response arrived in time, or the host refused or closed the connection.
 */
export type Signal = 'completed' | 'rateLimited' | 'unavailable' | 'accountLimited' | 'timeout' | 'unreachable'

interface Sample {
  signal: Signal
  /** When the request started. */
  startedAt: number
  /** How many requests to the host were in flight then, this one included. */
  inFlight: number
}

export interface Fall {
  at: number
  reason: LimitFallReason
  from: number
  to: number
}

export interface ConcurrencyLimitOptions {
  initial: number
  max: number
  /** By how much slow start multiplies the limit in each round trip. */
  slowStartFactor: number
  /** Milliseconds since the epoch, of a monotonic clock. All times are of this clock. */
  now: () => number
  onFall?: (fall: Fall) => void
}

export interface ConcurrencyLimit {
  /** How many requests to the host may be in flight: a whole number of at least 1. */
  readonly value: number
  readonly lastFall: Fall | undefined
  /** The typical latency in the last round trip. Undefined before the end of the first one. */
  readonly latencyMs: number | undefined
  /** Records that a request waits because of the limit. Otherwise the limit does not grow. */
  noteFull: () => void
  record: (sample: Sample) => void
}

/** A round trip has at least this many responses, because the latency of a few is mostly noise. */
const minResponses = 30
/** After a change of the limit, the responses of this many round trips do not count, because the fastest ones arrive first. */
const warmUp = 2
/** A mean of few responses may be lower than the latency is. */
const noise = 0.5
/** A latency above this multiple of the baseline, and by `minRiseMs` above it, means that requests queue at the host. */
const tolerance = 1.5
const minRiseMs = 10
/** Up to this share of the tolerated rise, no requests queue. */
const calmShare = 0.5
const calmFactor = 1.25
/** The baseline is the lowest latency of the last one to two of these windows. */
const baselineWindowMs = 10_000
/**
 * While requests queue at the host, the limit falls this often for two round trips, to measure the latency without the queue.
 * Workers whose clocks agree do so at the same time.
 */
const drainEveryMs = 8_000
const drainFactor = 0.6
const minLatencyFactor = 0.6
const refusedFactor = 0.7
const timeoutFactor = 0.5
/** Shares of the limit that may fail in a round trip, so that single failures do not lower a large limit. */
const toleratedShares = { rateLimited: 0.02, unavailable: 0.02, accountLimited: 0.1, timeout: 0.05, unreachable: 0.05 }

/**
 * Adapts the limit of one host to what the host can take. It grows fast in slow start, and then as long as the latency stays
 * near its baseline, as TCP Vegas and the gradient limits of Netflix and Envoy do. It falls at once when the host refuses
 * requests. The number of requests at which a host refuses some becomes a ceiling.
 */
export function createConcurrencyLimit (
  { initial, max, slowStartFactor, now, onFall = () => {} }: ConcurrencyLimitOptions
): ConcurrencyLimit {
  const ceiling = createCeiling()
  const baseline = createWindowedMinimum(baselineWindowMs)
  /** The latency lowers the limit no further: a busy worker sees a high latency too, and a few requests harm no host. */
  const lowest = Math.min(initial, max)
  let limit = lowest
  let isSlowStart = true
  let latencyMs: number | undefined
  /** Over some round trips. */
  let smoothedMs = 0
  let round = startRound(undefined)
  /** Requests that started earlier say nothing about the current limit. */
  let changedAt = -Infinity
  let lastFall: Fall | undefined
  /** The highest limit since the last fall. */
  let highest = limit
  /** The limit and the latency when the latency began to be too high. */
  let excess: { limit: number, latencyMs: number } | undefined
  /** The limit before it was lowered to measure the baseline. */
  let drainedFrom: number | undefined
  let drains = 0

  return {
    get value () { return Math.max(1, Math.floor(limit)) },
    get lastFall () { return lastFall },
    get latencyMs () { return latencyMs },
    noteFull: () => { round.isFull = true },
    record ({ signal, startedAt, inFlight }) {
      const at = now()
      if (startedAt < changedAt) {
        // The refusal belongs to the round trip of the last fall. Only its number is new.
        if (isRefusal(signal) && lastFall?.reason === signal && inFlight * 2 >= lastFall.from) {
          ceiling.lower(inFlight, at)
          limit = Math.min(limit, ceiling.value)
        }
        return
      }
      round.peak = Math.max(round.peak, inFlight)
      if (signal !== 'completed') return onFailure(signal, inFlight, at)
      if (isSlowStart && round.isFull) grow(slowStartFactor - 1)
      if (round.countsFrom === undefined) round.countsFrom = startedAt
      if (at < round.countsFrom) return
      round.responses++
      round.logSum += Math.log(Math.max(at - startedAt, 0.1))
      if (round.responses < minResponses) return
      if (latencyMs === undefined) endFirstRound(at)
      else if (at - round.countsFrom >= latencyMs) endRound(at)
    }
  }

  function onFailure (signal: Exclude<Signal, 'completed'>, inFlight: number, at: number): void {
    const failures = ++round.failures[signal]
    if (failures < toleratedShares[signal] * limit || (signal === 'accountLimited' && failures < 3)) return
    const reason = signal === 'accountLimited' ? 'rateLimited' : signal
    // A host that is not full refuses requests for another reason, such as a limit per second.
    const isFull = inFlight >= limit * 0.8
    if (!isFull) fall(Math.max(limit * refusedFactor, Math.min(limit, Math.max(initial, 2 * inFlight))), reason, at)
    else if (!isRefusal(signal)) fall(limit * timeoutFactor, reason, at)
    else {
      const isTest = ceiling.lower(inFlight, at)
      fall(isTest ? ceiling.value : Math.min(limit, ceiling.value) * refusedFactor, reason, at)
    }
  }

  /** The fastest responses arrive first, so this one only estimates how long a round trip is. */
  function endFirstRound (at: number): void {
    const latency = Math.exp(round.logSum / round.responses)
    if (at - (round.countsFrom ?? at) < warmUp * latency) return
    latencyMs = latency
    smoothedMs = latency
    round = startRound(at)
  }

  /** The mean of the logarithms is not moved by a few slow responses. */
  function endRound (at: number): void {
    const { responses, logSum, isFull, peak } = round
    const latency = Math.exp(logSum / responses)
    latencyMs = latency
    smoothedMs += (latency - smoothedMs) / 4
    baseline.add(latency * (1 + noise / Math.sqrt(responses)), at)
    round = startRound(at)
    if (drainedFrom !== undefined) return endDrain(at)
    const rise = Math.max(baseline.value * (tolerance - 1), minRiseMs)
    if (latency > baseline.value + rise) {
      if (peak * 2 >= limit) onExcess(latency, (baseline.value + rise) / latency, at)
    } else {
      excess = undefined
      // Slow start grows with each response.
      if (isFull && !isSlowStart) grow(growth(latency <= baseline.value + rise * calmShare))
    }
    if (isFull && limit >= ceiling.value) ceiling.test(at)
    const isQueueing = smoothedMs > baseline.value + rise * (ceiling.value === Infinity ? calmShare : 1)
    if (isFull && isQueueing && Math.floor(at / drainEveryMs) !== drains) startDrain(at)
  }

  function growth (isCalm: boolean): number {
    const additive = Math.sqrt(limit)
    // Below a ceiling, larger steps could hit it.
    return isCalm && ceiling.value === Infinity ? Math.max(additive, limit * (calmFactor - 1)) : additive
  }

  function grow (step: number): void {
    limit = Math.min(limit + step, max, Math.max(limit, ceiling.value))
    highest = Math.max(highest, limit)
  }

  /** Requests queue at the host, unless the fall does not lower the latency: then the latency is its own. */
  function onExcess (latency: number, factor: number, at: number): void {
    isSlowStart = false
    excess ??= { limit, latencyMs: latency }
    if (limit <= Math.max(excess.limit / 4, Math.min(lowest, excess.limit / 1.5))) {
      if (latency > excess.latencyMs * 0.85) baseline.reset(latency, at)
      excess = undefined
      return
    }
    const next = Math.max(limit * Math.max(factor, minLatencyFactor) + Math.sqrt(limit), Math.min(limit, lowest))
    if (next < limit * 0.9) fall(next, 'latency', at)
    else limit = Math.max(1, Math.min(next, max))
  }

  function startDrain (at: number): void {
    drainedFrom = limit
    drains = Math.floor(at / drainEveryMs)
    setLimit(limit * drainFactor, at)
  }

  function endDrain (at: number): void {
    setLimit(Math.min(drainedFrom ?? limit, ceiling.value), at)
    drainedFrom = undefined
  }

  function fall (to: number, reason: LimitFallReason, at: number): void {
    isSlowStart = false
    drainedFrom = undefined
    setLimit(to, at)
    if (Math.floor(limit) >= Math.floor(highest)) return
    lastFall = { at, reason, from: Math.floor(highest), to: Math.max(1, Math.floor(limit)) }
    highest = limit
    onFall(lastFall)
  }

  /** Waits for the requests that have started under the old limit. */
  function setLimit (to: number, at: number): void {
    limit = Math.max(1, Math.min(to, max))
    changedAt = at
    round = startRound(latencyMs === undefined ? undefined : at + warmUp * latencyMs)
  }
}

function isRefusal (signal: Signal): signal is 'rateLimited' | 'unavailable' {
  return signal === 'rateLimited' || signal === 'unavailable'
}

/** The responses since the end of the last round trip. Undefined: since the start of the first request. */
function startRound (countsFrom: number | undefined) {
  return {
    countsFrom,
    responses: 0,
    logSum: 0,
    peak: 0,
    isFull: false,
    failures: { rateLimited: 0, unavailable: 0, accountLimited: 0, timeout: 0, unreachable: 0 }
  }
}

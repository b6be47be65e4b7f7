import { createConcurrencyLimit } from './concurrency-limit.ts'
import type { Fall } from './concurrency-limit.ts'
import { createHostGate, estimateWaitMs, hasRoom, intervalMs, kinds, reservedOf } from './host-gate.ts'
import type { HostGate, Kind, Slot, Waiter } from './host-gate.ts'
import { createWaitingList } from './waiting-list.ts'
import type { Entry } from './waiting-list.ts'

export interface LimiterOptions {
  /** The maximum number of requests in flight, to all hosts together. */
  maxInFlight: number
  /** Milliseconds since the epoch, of a monotonic clock. */
  now?: () => number
  /** How many requests to a host may be in flight for another reason than its limit, such as a known rate. */
  boundOf?: (provider: string, host: string) => number
  /** When it aborts, all that wait start without a slot. */
  stopping: AbortSignal
  onFall?: (gate: Pick<HostGate, 'provider' | 'host'>, fall: Fall) => void
}

/** Bounds the requests in flight: those to each host by a limit that adapts, and all of them by a fixed maximum. */
export interface Limiter {
  /** Users choose the hosts of some providers. Their limits start low and grow slowly. */
  gateOf: (provider: string, host: string, isChosenByUsers: boolean) => HostGate
  /** Takes a slot. Undefined when none is free, or others wait for it. */
  take: (gate: HostGate, kind: Kind) => Slot | undefined
  /** Waits for a slot. Call `take` first. */
  wait: (gate: HostGate, kind: Kind, waiter: Waiter) => Entry<Waiter>
  /** Returns false when the waiter has started. */
  cancel: (gate: HostGate, kind: Kind, entry: Entry<Waiter>) => boolean
  /** How long another waiter would wait, as far as is known, in milliseconds. Infinity at a host that does not respond. */
  waitMs: (gate: HostGate, kind: Kind) => number
  /**
   * Gives a delivery that shall not wait an estimated time at which it can start, in milliseconds from now: at most ten seconds,
   * because the host may get faster.
   */
  postponeMs: (gate: HostGate, kind: Kind) => number
  /** All hosts with a limit. */
  listGates: () => IterableIterator<HostGate>
  readonly inFlight: number
  now: () => number
}

/** A host of the provider's own can take more than a server that some user runs. */
const ownHost = { initial: 64, slowStartFactor: 2 }
const chosenHost = { initial: 10, slowStartFactor: 1.25 }
/** Without requests for this time, a limit is forgotten. */
const forgetMs = 600_000
const forgetEveryMs = 60_000
const minPostponeMs = 1_000
const maxPostponeMs = 10_000
const checkMs = 1_000

export function createLimiter ({
  maxInFlight, now = () => performance.timeOrigin + performance.now(), boundOf = () => Infinity, stopping, onFall = () => {}
}: LimiterOptions): Limiter {
  const gates = new Map<string, HostGate>()
  /** Gates with a waiter and room for it. They take turns. */
  const ready = { direct: createWaitingList<HostGate>(), broadcast: createWaitingList<HostGate>() }
  const max = { direct: maxInFlight, broadcast: maxInFlight - reservedOf(maxInFlight) }
  /** Gates that are checked again soon. */
  const checking = new Set<HostGate>()
  let inFlight = 0
  let forgotAt = now()
  stopping.addEventListener('abort', startAllWithoutSlot, { once: true })

  return {
    gateOf (provider, host, isChosenByUsers) {
      const key = `${provider} ${host}`
      const known = gates.get(key)
      if (known !== undefined) return known
      forgetIdle()
      const limit = createConcurrencyLimit({
        ...isChosenByUsers ? chosenHost : ownHost, max: maxInFlight, now, onFall: (fall) => onFall(gate, fall)
      })
      const gate = createHostGate({ provider, host, limit, bound: () => boundOf(provider, host), now: now() })
      gates.set(key, gate)
      return gate
    },
    take (gate, kind) {
      const isFree = gate.waiting[kind].size === 0 && inFlight < max[kind] && ready[kind].size === 0
      return isFree && hasRoom(gate, kind) ? takeSlot(gate) : undefined
    },
    wait (gate, kind, waiter) {
      const entry = gate.waiting[kind].push(waiter)
      noteReady(gate)
      return entry
    },
    cancel (gate, kind, entry) {
      if (!gate.waiting[kind].remove(entry)) return false
      entry.item.onLeave()
      return true
    },
    waitMs: (gate, kind) => estimateWaitMs(gate, ahead(gate, kind), now()),
    postponeMs (gate, kind) {
      const at = now()
      const interval = intervalMs(gate, at)
      const turnAt = Math.max(gate.turnAt, at + minPostponeMs, at + ahead(gate, kind) * interval) + interval
      gate.turnAt = Math.min(turnAt, at + maxPostponeMs)
      return gate.turnAt - at
    },
    listGates: () => gates.values(),
    get inFlight () { return inFlight },
    now
  }

  function ahead ({ waiting }: HostGate, kind: Kind): number {
    return 1 + waiting.direct.size + (kind === 'direct' ? 0 : waiting.broadcast.size)
  }

  function takeSlot (gate: HostGate): Slot {
    if (gate.inFlight === 0) gate.progressAt = now()
    const number = ++gate.inFlight
    inFlight++
    return {
      record (signal, startedAt) { gate.limit.record({ signal, startedAt, inFlight: number }) },
      release () {
        gate.inFlight--
        inFlight--
        gate.progressAt = now()
        noteReady(gate)
        startReady()
      }
    }
  }

  function noteReady (gate: HostGate): void {
    for (const kind of kinds) {
      if (gate.waiting[kind].size === 0 || gate.isReady[kind]) continue
      if (hasRoom(gate, kind)) {
        gate.isReady[kind] = true
        ready[kind].push(gate)
      } else if (gate.limit.value <= gate.bound()) gate.limit.noteFull()
      // A lower bound says nothing about the limit, and may grow while no request ends.
      else checkLater(gate)
    }
  }

  function checkLater (gate: HostGate): void {
    if (checking.has(gate)) return
    checking.add(gate)
    setTimeout(() => {
      checking.delete(gate)
      noteReady(gate)
      startReady()
    }, checkMs).unref()
  }

  function startReady (): void {
    for (const kind of kinds) {
      while (inFlight < max[kind]) {
        const gate = ready[kind].shift()
        if (gate === undefined) break
        gate.isReady[kind] = false
        const waiter = hasRoom(gate, kind) ? gate.waiting[kind].shift() : undefined
        if (waiter !== undefined) {
          waiter.onLeave()
          waiter.start(takeSlot(gate))
        }
        noteReady(gate)
      }
    }
  }

  function startAllWithoutSlot (): void {
    for (const { waiting } of gates.values()) {
      for (const kind of kinds) {
        for (let waiter = waiting[kind].shift(); waiter !== undefined; waiter = waiting[kind].shift()) {
          waiter.onLeave()
          waiter.start(undefined)
        }
      }
    }
  }

  function forgetIdle (): void {
    const at = now()
    if (at - forgotAt < forgetEveryMs) return
    forgotAt = at
    for (const [key, { inFlight, waiting, progressAt }] of gates) {
      if (inFlight + waiting.direct.size + waiting.broadcast.size === 0 && at - progressAt >= forgetMs) gates.delete(key)
    }
  }
}

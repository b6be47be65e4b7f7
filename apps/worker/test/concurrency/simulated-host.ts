import { createConcurrencyLimit } from '../../src/concurrency/concurrency-limit.ts'
import type { ConcurrencyLimit, ConcurrencyLimitOptions, Fall, Signal } from '../../src/concurrency/concurrency-limit.ts'

export interface HostOptions {
  /** The median latency of an idle host. It may change over time. */
  latencyMs: number | ((at: number) => number)
  /** The standard deviation of the latency's logarithm. */
  sigma?: number
  /** Beyond this many requests at a time, requests queue. */
  capacity?: number
  /** Beyond this many requests at a time, the host responds at once with 429. */
  refusesBeyond?: number | ((at: number) => number)
  /** 1 % of the responses take twenty times as long. */
  hasSlowResponses?: boolean
}

interface Client {
  limit: ConcurrencyLimit
  falls: Fall[]
  inFlight: number
  completed: number
  refused: number
  /** How many requests the client wants in flight. */
  demand: (at: number) => number
}

/** A host and its clients on a virtual clock, without sockets and timers. The random numbers are the same in each run. */
export function createSimulation (host: HostOptions, seed = 1) {
  const { sigma = 0.4, capacity = Infinity, hasSlowResponses = true } = host
  const random = createRandom(seed)
  const events = createHeap()
  const clients: Client[] = []
  let now = 0
  let atHost = 0
  /** When each server of the host is free. */
  const servers = createHeap()
  if (capacity !== Infinity) Array.from({ length: capacity }).forEach(() => servers.push(0, () => {}))

  function addClient (options: Partial<ConcurrencyLimitOptions> = {}, demand: (at: number) => number = () => Infinity): Client {
    const falls: Fall[] = []
    const limit = createConcurrencyLimit({
      initial: 64, max: 2000, slowStartFactor: 2, now: () => now, onFall: (fall) => { falls.push(fall) }, ...options
    })
    const client = { limit, falls, inFlight: 0, completed: 0, refused: 0, demand }
    clients.push(client)
    return client
  }

  function send (client: Client): void {
    const startedAt = now
    const inFlight = ++client.inFlight
    const refusesBeyond = typeof host.refusesBeyond === 'function' ? host.refusesBeyond(now) : host.refusesBeyond ?? Infinity
    const isRefused = ++atHost > refusesBeyond
    const latency = typeof host.latencyMs === 'function' ? host.latencyMs(now) : host.latencyMs
    const slow = hasSlowResponses && random() < 0.01 ? 20 : 1
    const service = latency * slow * Math.exp(sigma * normal(random))
    events.push(isRefused ? now + latency / 10 : startService(service), () => {
      atHost--
      client.inFlight--
      const signal: Signal = isRefused ? 'rateLimited' : 'completed'
      if (isRefused) client.refused++
      else client.completed++
      client.limit.record({ signal, startedAt, inFlight })
      fill()
    })
  }

  /** When the request ends: a server of the host takes it as soon as one is free. */
  function startService (service: number): number {
    if (capacity === Infinity) return now + service
    const end = Math.max(now, servers.pop().at) + service
    servers.push(end, () => {})
    return end
  }

  function fill (): void {
    for (const client of clients) {
      while (client.inFlight < Math.min(client.limit.value, client.demand(now))) send(client)
      if (client.inFlight < client.demand(now)) client.limit.noteFull()
    }
  }

  return {
    addClient,
    /** Runs for this long and calls `watch` every `everyMs`. */
    run (ms: number, watch: (at: number) => void = () => {}, everyMs = 100) {
      const end = now + ms
      for (let at = now; at <= end; at += everyMs) events.push(at, () => { fill(); watch(now) })
      while (events.size > 0 && events.nextAt <= end) {
        const { at, run } = events.pop()
        now = at
        run()
      }
      now = end
    },
    resetCounts: () => { for (const client of clients) Object.assign(client, { completed: 0, refused: 0 }) }
  }
}

/** The generator mulberry32: numbers from 0 to 1. */
function createRandom (seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6D2B79F5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** The Box–Muller transform. */
function normal (random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

interface Event {
  at: number
  run: () => void
}

/** A binary heap, earliest event first. Events of the same time run in any order. */
function createHeap () {
  const heap: Event[] = []
  const at = (index: number): number => heap[index]?.at ?? Infinity
  function swap (one: number, other: number): void {
    const [first, second] = [heap[one], heap[other]]
    if (first === undefined || second === undefined) return
    heap[one] = second
    heap[other] = first
  }

  return {
    get size () { return heap.length },
    get nextAt () { return at(0) },
    push (time: number, run: () => void) {
      let index = heap.push({ at: time, run }) - 1
      while (index > 0 && at(index) < at((index - 1) >> 1)) {
        swap(index, (index - 1) >> 1)
        index = (index - 1) >> 1
      }
    },
    pop (): Event {
      swap(0, heap.length - 1)
      const event = heap.pop()
      if (event === undefined) throw new Error('no event')
      for (let index = 0; ;) {
        const child = 2 * index + 1
        const least = at(child + 1) < at(child) ? child + 1 : child
        if (at(least) >= at(index)) return event
        swap(index, least)
        index = least
      }
    }
  }
}

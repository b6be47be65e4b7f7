/** Sends to hosts that have refused requests because of a limit, at the rate that the refusals taught. */
export interface Paces {
  /**
   * Calls `send` when it is the turn of this request, which is at once for a host without a known limit. When the limit would
   * refuse the request, calls `wait` with a later time, in milliseconds since the epoch.
   */
  inTurn: <Result>(
    provider: string, host: string, send: () => Promise<Result>, wait: (until: number) => Result
  ) => Promise<Result>
  /** Counts a request that the host accepted. */
  noteSent: (provider: string, host: string) => void
  /** Learns from a refusal: the rate, and that no request may go before `until`. */
  noteLimit: (provider: string, host: string, until: number) => void
}

/** The accepted requests of the last minute at most, or since the end of the last wait. */
interface Count {
  since: number
  sent: number
}

interface Pace {
  perSecond: number
  /** The end of the last wait. The rate grows from then on, to find out whether the limit still applies. */
  learnedAt: number
  /** The next free time: for a request that goes now, and for one that has to wait. */
  nextAt: number
  turnAt: number
  /** Each ends with its last request. A request begins when the one before it in its lane has ended. */
  lanes: Array<Promise<unknown>>
  next: number
}

const growthPerSecond = 1.01
/** The rate is then twenty times what it was, and the host is like any other. */
const forgetAfterMs = 300_000
/** Fewer accepted requests say nothing about a rate. Then requests only begin one after the other. */
const leastSent = 20
/** Requests of this time may go at once: waiting deliveries return once a second. */
const burstMs = 1_000
/** An estimate of how long a request takes. */
const requestSeconds = 0.1
/** A rate of an hour with idle times says nothing about a limit. */
const countMs = 60_000
const maxCounts = 10_000

/**
 * A limit of a host applies to all connections there, which would otherwise all return at the end of the wait, and be refused
 * together. Each process learns its own share of the limit. `now` is in milliseconds since the epoch.
 */
export function createPaces ({ now }: { now: () => number }): Paces {
  const counts = new Map<string, Count>()
  const paces = new Map<string, Pace>()

  return {
    async inTurn (provider, host, send, wait) {
      const pace = paces.size === 0 ? undefined : find(keyOf(provider, host)) ?? find(keyOf(provider, ''))
      if (pace === undefined) return send()
      // Few at a time, so that one refusal stops all others.
      const lane = pace.next++ % pace.lanes.length
      const turn = Promise.resolve(pace.lanes[lane]).then(() => {
        const until = take(pace)
        return until === undefined ? send() : wait(until)
      })
      pace.lanes[lane] = turn.catch(() => {})
      return turn
    },

    noteSent (provider, host) {
      add(keyOf(provider, host))
      if (host !== '') add(keyOf(provider, ''))
    },

    noteLimit (provider, host, until) {
      const key = keyOf(provider, host)
      const known = paces.get(key)
      // The request was under way when another one was refused.
      if (known !== undefined && now() < known.learnedAt) return
      const { since, sent } = recentCount(key)
      const perSecond = sent < leastSent ? Infinity : sent * 1000 / Math.max(1, until - since)
      const length = sent < leastSent ? 1 : Math.max(1, Math.floor(perSecond * requestSeconds))
      const lanes = Array.from({ length }, (_, lane) => Promise.resolve(known?.lanes[lane]))
      const learned = { perSecond, learnedAt: until, nextAt: until, turnAt: until, lanes, next: 0 }
      // The requests that wait for their turn have the old object.
      if (known === undefined) paces.set(key, learned)
      else Object.assign(known, learned)
      counts.set(key, { since: until, sent: 0 })
    }
  }

  function find (key: string): Pace | undefined {
    const pace = paces.get(key)
    if (pace === undefined || now() - pace.learnedAt < forgetAfterMs) return pace
    paces.delete(key)
    return undefined
  }

  /** Undefined when a request may go now. Otherwise when it may, which is later for each that waits. */
  function take (pace: Pace): number | undefined {
    const at = now()
    const stepMs = 1000 / (pace.perSecond * growthPerSecond ** (Math.max(0, at - pace.learnedAt) / 1000))
    if (at >= pace.learnedAt && pace.nextAt < at + burstMs) {
      pace.nextAt = Math.max(pace.nextAt, at) + stepMs
      return undefined
    }
    // By then the pace is forgotten.
    const until = Math.min(Math.max(pace.turnAt, pace.nextAt, at), Math.max(at, pace.learnedAt) + forgetAfterMs)
    pace.turnAt = until + stepMs
    return until
  }

  function recentCount (key: string): Count {
    const count = counts.get(key)
    return count !== undefined && now() - count.since < countMs ? count : { since: now(), sent: 0 }
  }

  function add (key: string): void {
    const count = counts.get(key)
    const at = now()
    if (count !== undefined && at - count.since < countMs) count.sent++
    else {
      if (counts.size >= maxCounts) counts.clear()
      counts.set(key, { since: at, sent: 1 })
    }
  }
}

function keyOf (provider: string, host: string): string {
  return `${provider} ${host}`
}

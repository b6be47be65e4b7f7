import { groupCalls } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { Log } from '../log/index.ts'
import { forgetAfterMs, learnPace, readPaces, reserveTurns, sharePaces } from './host-paces.ts'
import type { KnownPace, LearnedLimit, TurnRequest } from './host-paces.ts'
import { createLanes } from './lanes.ts'
import type { Lanes } from './lanes.ts'

/** Sends to hosts that have refused requests because of a limit, at the rate that the refusals taught. */
export interface Paces {
  /** Reads what other workers learned, at most once per second. Never rejects. */
  refresh: () => Promise<void>
  /** How many requests to a host may be under way. Infinity when nothing bounds them. */
  maxUnderWay: (provider: string, host: string) => number
  /**
   * Calls `send` when it is the turn of this request. When the limit would refuse the request, calls `wait` with a later time,
   * in milliseconds since the epoch.
   */
  inTurn: <Result>(
    provider: string, host: string, send: () => Promise<Result>, wait: (until: number) => Result
  ) => Promise<Result>
  /** Counts a request that the host accepted. */
  noteSent: (provider: string, host: string) => void
  /** Learns from a refusal: the rate, and that no request may go before `until`. */
  noteLimit: (provider: string, host: string, until: number) => void
  /** Waits for pending writes. */
  settled: () => Promise<unknown>
}

/** A host that users choose, a workspace or a domain, or the provider as a whole (`''`). */
interface Host {
  provider: string
  host: string
  lanes: Lanes
  /** The accepted requests since then: of the last minute at most, or since the end of the last wait. */
  sent: number
  since: number
  /** How long a request takes. */
  latencyMs: number
  /** How many requests wait for a turn. */
  asking: number
  reserving: Promise<void> | undefined
  pace: Pace | undefined
}

interface Pace {
  /** That of the row. Infinity until it is stored. */
  version: number
  /** The end of the last wait. */
  silentUntil: number
  hasRate: boolean
  /** Turns of this process: how many requests may go now, and when the others may. */
  granted: number
  waits: number[]
  stored: Promise<unknown>
}

const refreshMs = 1_000
/** A rate of an hour with idle times says nothing about a limit. */
const countMs = 60_000
const maxHosts = 10_000
/** When the database gives no turns. */
const unavailableMs = 1_000

/**
 * A limit of a host applies to all connections there, which would otherwise all return at the end of the wait, and be refused
 * together. All workers share what they learn, and the turns, through the database. `now` is in milliseconds since the epoch.
 */
export function createPaces ({ database, log, now }: { database: Database, log: Log, now: () => number }): Paces {
  const hosts = new Map<string, Host>()
  const writing = new Set<Promise<unknown>>()
  const reserve = groupCalls((requests: TurnRequest[]) => reserveTurns(database, requests))
  let readAt = -Infinity
  let readVersion: number | undefined
  let reading: Promise<void> | undefined

  return {
    async refresh () {
      if (reading === undefined && performance.now() - readAt < refreshMs) return
      reading ??= read().finally(() => { reading = undefined })
      await reading
    },

    maxUnderWay: (provider, name) => pacedHost(provider, name)?.lanes.max ?? Infinity,

    inTurn (provider, name, send, wait) {
      const host = pacedHost(provider, name)
      return host === undefined ? send() : sendInTurn(host, send, wait)
    },

    noteSent (provider, host) {
      count(hostOf(provider, host))
      if (host !== '') count(hostOf(provider, ''))
    },

    noteLimit (provider, name, until) {
      const host = hostOf(provider, name)
      // The request was under way when another one was refused.
      if (host.pace !== undefined && now() < host.pace.silentUntil) return
      const pace = slowDown(host, { version: Infinity, silentUntil: until, hasRate: true })
      pace.stored = write(learnPace(database, { ...takeCount(host, until), waitMs: until - now() }).then(
        (known) => Object.assign(pace, known), (error: unknown) => {
          pace.version = 0
          throw error
        }))
    },

    settled: () => Promise.all(writing)
  }

  async function sendInTurn<Result> (host: Host, send: () => Promise<Result>, wait: (until: number) => Result): Promise<Result> {
    host.asking++
    const leave = await host.lanes.enter()
    try {
      const until = await takeTurn(host).finally(() => { host.asking-- })
      return until === undefined ? await timed(host, send) : wait(until)
    } finally {
      leave()
    }
  }

  /** The host whose lanes a request uses. Undefined when only the whole provider could have a limit, and none is known. */
  function pacedHost (provider: string, name: string): Host | undefined {
    const own = name === '' ? undefined : hostOf(provider, name)
    if (own !== undefined && hasPace(own)) return own
    const whole = hosts.get(keyOf(provider, ''))
    return whole !== undefined && hasPace(whole) ? whole : own
  }

  function hasPace (host: Host): boolean {
    if (host.pace !== undefined && now() - host.pace.silentUntil >= forgetAfterMs) host.pace = undefined
    return host.pace !== undefined
  }

  /** Undefined when a request may go now. Otherwise when it may, which is later for each that waits. */
  async function takeTurn (host: Host): Promise<number | undefined> {
    while (hasPace(host)) {
      const { pace } = host
      if (pace === undefined) break
      if (!pace.hasRate) return now() < pace.silentUntil ? pace.silentUntil : undefined
      if (pace.granted > 0) {
        pace.granted--
        return undefined
      }
      const until = pace.waits.shift()
      if (until !== undefined) return until
      await (host.reserving ??= reserveFor(host, pace).finally(() => { host.reserving = undefined }))
    }
    return undefined
  }

  /** Reserves turns for all requests that ask for one, so that they share a statement. */
  async function reserveFor (host: Host, pace: Pace): Promise<void> {
    await pace.stored
    const { provider, host: name, asking: wanted } = host
    try {
      const turns = await reserve({ provider, host: name, wanted })
      // A newer limit applies.
      if (host.pace !== pace) return
      if (turns === undefined) pace.hasRate = false
      else {
        const { granted, waitMs, stepMs } = turns
        const at = now()
        // By then the limit is forgotten.
        const last = Math.max(at, pace.silentUntil) + forgetAfterMs
        pace.granted = granted
        pace.waits = Array.from({ length: wanted - granted }, (_, index) => Math.min(at + waitMs + index * stepMs, last))
        // As many as the rate needs, so that one refusal stops nearly all others.
        host.lanes.resize(Math.max(1, Math.floor(host.latencyMs / stepMs)))
      }
    } catch (error) {
      log.warn({ err: error, provider, host: name }, 'could not reserve turns at a limited host')
      pace.waits = Array.from({ length: wanted }, () => now() + unavailableMs)
    }
  }

  async function timed<Result> (host: Host, send: () => Promise<Result>): Promise<Result> {
    const startedAt = performance.now()
    try {
      return await send()
    } finally {
      const tookMs = performance.now() - startedAt
      host.latencyMs = host.latencyMs === 0 ? tookMs : host.latencyMs * 0.8 + tookMs * 0.2
    }
  }

  async function read (): Promise<void> {
    try {
      readAt = performance.now()
      const known = await readPaces(database, readVersion)
      for (const { version } of known) readVersion = Math.max(readVersion ?? 0, version)
      const shares = known.flatMap(adopt)
      if (shares.length > 0) await sharePaces(database, shares)
    } catch (error) {
      log.warn({ err: error }, 'could not read the limits that other workers know')
    }
  }

  /** Applies a limit that another worker learned. Returns what this worker sent, if that counts too. */
  function adopt ({ provider, host: name, version, waitMs, hasRate }: KnownPace): Array<Omit<LearnedLimit, 'waitMs'>> {
    const host = hostOf(provider, name)
    if (host.pace !== undefined && version <= host.pace.version) return []
    slowDown(host, { version, silentUntil: now() + waitMs, hasRate })
    return waitMs > 0 && host.sent > 0 ? [takeCount(host, now() + waitMs)] : []
  }

  /** Requests begin one after the other, until it is known how many the rate needs. Turns of an earlier limit end. */
  function slowDown (host: Host, known: Pick<Pace, 'version' | 'silentUntil' | 'hasRate'>): Pace {
    const pace = { ...known, granted: 0, waits: [], stored: Promise.resolve() }
    host.pace = pace
    host.lanes.resize(1)
    return pace
  }

  /** Ends the count, and begins another one at the end of the wait. */
  function takeCount (host: Host, until: number): Omit<LearnedLimit, 'waitMs'> {
    const at = now()
    const { provider, host: name, sent, since } = host
    const isRecent = at - since < countMs
    Object.assign(host, { sent: 0, since: until })
    return { provider, host: name, sent: isRecent ? sent : 0, windowMs: isRecent ? Math.max(0, at - since) : 0 }
  }

  function count (host: Host): void {
    if (now() - host.since >= countMs) Object.assign(host, { sent: 0, since: now() })
    host.sent++
    host.lanes.noteAccepted()
  }

  function hostOf (provider: string, name: string): Host {
    const key = keyOf(provider, name)
    const known = hosts.get(key)
    if (known !== undefined) return known
    if (hosts.size >= maxHosts) forgetIdle()
    const count = { sent: 0, since: now(), latencyMs: 0, asking: 0 }
    const host = { provider, host: name, lanes: createLanes(now), ...count, reserving: undefined, pace: undefined }
    hosts.set(key, host)
    return host
  }

  function forgetIdle (): void {
    for (const [key, host] of hosts) if (host.asking === 0 && !hasPace(host)) hosts.delete(key)
  }

  function write (statement: Promise<unknown>): Promise<unknown> {
    const written = statement
      .catch((error: unknown) => log.warn({ err: error }, 'other workers do not know of this limit yet'))
      .finally(() => writing.delete(written))
    writing.add(written)
    return written
  }
}

function keyOf (provider: string, host: string): string {
  return `${provider} ${host}`
}

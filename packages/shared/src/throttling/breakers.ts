import type { Database } from '../db/index.ts'
import type { Log } from '../log/index.ts'

/** Whether one request to a host shows that the host is healthy. */
export type Health = 'well' | 'failing'

export interface Block {
  /** Milliseconds since the epoch. */
  until: number
  reason: 'breakerOpen' | 'rateLimited' | 'misconfigured'
}

export interface Breakers {
  /** Why no request may go to this host of the provider, and until when. Undefined when requests may go. */
  findBlock: (provider: string, host: string) => Block | undefined
  /**
   * Records the result of a request. Never rejects. A breaker that opens applies to this process at once, and to the others
   * soon.
   */
  note: (provider: string, host: string, health: Health, reason: string) => void
  /** Ends a probe: the breaker closes, or stays open for longer. */
  endProbe: (provider: string, host: string, health: Health, reason: string) => Promise<void>
  /** Returns an unused probe, so another process may probe. */
  releaseProbe: (provider: string, host: string) => Promise<void>
  /** Records the provider's rate limit for all connections at the host. */
  recordLimit: (provider: string, host: string, until: number) => void
  /**
   * Opens the breaker at once: the provider refuses the deployment itself. Probes find out when an operator has fixed the cause.
   */
  pause: (provider: string, host: string, reason: string) => void
  /** Waits for pending writes. */
  settled: () => Promise<unknown>
}

/**
 * A breaker opens when at least `failingShare` of at least `leastRequests` requests within `windowMs` have failed. Only the
 * last `maxRequests` count: otherwise thousands of successes before an outage would cost thousands of attempts.
 */
const windowMs = 10_000
const leastRequests = 20
const maxRequests = 200
const failingShare = 0.5
const firstOpenMs = 5_000
const longestOpenMs = 60_000

/** The last requests to a host, oldest first, and how many of them failed. */
interface Window {
  requests: Array<{ at: number, health: Health }>
  failing: number
}

/**
 * Creates breakers, one per provider and host. Each process counts for itself, and all workers share open breakers through the
 * database.
 */
export function createBreakers ({ database: { sql }, log, now }: { database: Database, log: Log, now: () => number }): Breakers {
  const windows = new Map<string, Window>()
  const blocks = new Map<string, Block>()
  const writing = new Set<Promise<unknown>>()

  return {
    findBlock (provider, host) {
      if (blocks.size === 0) return undefined
      return blockOf(keyOf(provider, '')) ?? (host === '' ? undefined : blockOf(keyOf(provider, host)))
    },
    note (provider, host, health, reason) {
      const key = keyOf(provider, host)
      const { requests, failing } = addTo(windowOf(key), health)
      if (health === 'well' || requests.length < leastRequests || failing / requests.length < failingShare) return
      windows.delete(key)
      blocks.set(key, { until: now() + firstOpenMs, reason: 'breakerOpen' })
      log.warn({ provider, host, reason, requests: requests.length, failing }, 'breaker opens')
      write(open(provider, host, reason))
    },
    pause (provider, host, reason) {
      const key = keyOf(provider, host)
      const isKnown = (blocks.get(key)?.until ?? 0) > now()
      windows.delete(key)
      blocks.set(key, { until: now() + firstOpenMs, reason: 'misconfigured' })
      if (isKnown) return
      log.error({ provider, host, reason }, 'the provider refuses this deployment and is paused; fix its configuration')
      write(open(provider, host, reason, true).then((until) => blocks.set(key, { until, reason: 'misconfigured' })))
    },
    async endProbe (provider, host, health, reason) {
      const key = keyOf(provider, host)
      if (health === 'failing') {
        blocks.set(key, { until: await open(provider, host, reason), reason: 'breakerOpen' })
        return
      }
      windows.delete(key)
      blocks.delete(key)
      await sql`
        update provider_hosts set breaker = 'closed', reason = null, is_misconfigured = false, opens = 0, opened_at = null, retry_at = null
        where provider = ${provider} and host = ${host}`
      log.info({ provider, host }, 'breaker closes')
    },
    async releaseProbe (provider, host) {
      await sql`
        update provider_hosts set breaker = 'open', retry_at = now()
        where provider = ${provider} and host = ${host} and breaker = 'probing'`
    },
    recordLimit (provider, host, until) {
      const key = keyOf(provider, host)
      if ((blocks.get(key)?.until ?? 0) >= until) return
      blocks.set(key, { until, reason: 'rateLimited' })
      write(sql`
        insert into provider_hosts (provider, host, silent_until)
        values (${provider}, ${host}, now() + ${until - now()}::float8 * interval '1 millisecond')
        on conflict (provider, host) do update set silent_until = greatest(provider_hosts.silent_until, excluded.silent_until)`)
    },
    settled: () => Promise.all(writing)
  }

  function blockOf (key: string): Block | undefined {
    const block = blocks.get(key)
    return block !== undefined && block.until > now() ? block : undefined
  }

  function windowOf (key: string): Window {
    const window = windows.get(key)
    if (window !== undefined) return window
    const fresh = { requests: [], failing: 0 }
    windows.set(key, fresh)
    return fresh
  }

  function addTo (window: Window, health: Health): Window {
    const at = now()
    window.requests.push({ at, health })
    if (health === 'failing') window.failing++
    while (window.requests.length > maxRequests || at - (window.requests[0]?.at ?? at) >= windowMs) {
      if (window.requests.shift()?.health === 'failing') window.failing--
    }
    return window
  }

  /** Opens the breaker, each time in a row for twice as long. Returns until when, by our clock. */
  async function open (provider: string, host: string, reason: string, isMisconfigured = false): Promise<number> {
    const [row] = await sql<Array<{ openMs: number }>>`
      insert into provider_hosts as known (provider, host, breaker, reason, is_misconfigured, opens, opened_at, retry_at)
      values (${provider}, ${host}, 'open', ${reason}, ${isMisconfigured}, 1, now(), now() + ${firstOpenMs}::int * interval '1 millisecond')
      on conflict (provider, host) do update set
        breaker = 'open', reason = excluded.reason, is_misconfigured = excluded.is_misconfigured, opened_at = coalesce(known.opened_at, now()),
        opens = case known.breaker when 'open' then known.opens else known.opens + 1 end,
        retry_at = case known.breaker when 'open' then known.retry_at
          else now() + least(${longestOpenMs}::int, ${firstOpenMs}::int * 2 ^ least(known.opens, 10)) * interval '1 millisecond' end
      returning extract(epoch from retry_at - now())::float8 * 1000 as "openMs"`
    return now() + (row?.openMs ?? firstOpenMs)
  }

  function write (statement: PromiseLike<unknown>): void {
    const written = Promise.resolve(statement)
      .catch((error: unknown) => log.warn({ err: error }, 'other workers do not know of this breaker yet'))
      .finally(() => writing.delete(written))
    writing.add(written)
  }
}

function keyOf (provider: string, host: string): string {
  return `${provider} ${host}`
}

import type { Database } from '../db/index.ts'
import type { Log } from '../log/index.ts'

/** How one request to a host went, as far as the host's health is concerned. */
export type Health = 'well' | 'failing'

interface Closed {
  /** Milliseconds since the epoch. */
  until: number
  reason: 'breakerOpen' | 'rateLimited'
}

export interface Breakers {
  /** Why nothing is sent to this host of the provider's, and until when; undefined when there is nothing against it. */
  closed: (provider: string, host: string) => Closed | undefined
  /** Notes how a request went. Rejects never; a breaker that opens is known to this process at once, to the others soon. */
  note: (provider: string, host: string, health: Health, reason: string) => void
  /** Ends a probe: the breaker closes, or stays open for longer. */
  endProbe: (provider: string, host: string, health: Health, reason: string) => Promise<void>
  /** Nothing came up to probe with: whoever comes next may. */
  giveBackProbe: (provider: string, host: string) => Promise<void>
  /** The provider asked everybody for silence until then. */
  silence: (provider: string, host: string, until: number) => void
  /** Waits for what is being written. */
  settled: () => Promise<unknown>
}

/**
 * Opens when of at least so many requests of the last seconds at least this share has failed. Of more than the most, the last
 * count: the thousands that went well before an outage must not have it cost thousands of attempts.
 */
const windowMs = 10_000
const leastRequests = 20
const maxRequests = 200
const failingShare = 0.5
const firstOpenMs = 5_000
const longestOpenMs = 60_000

/** The last requests to a host, oldest first, and how many of them have failed. */
interface Window {
  requests: Array<{ at: number, health: Health }>
  failing: number
}

/** A breaker per provider and host, counted in this process, whose opening all workers share through the database. */
export function createBreakers ({ database: { sql }, log, now }: { database: Database, log: Log, now: () => number }): Breakers {
  const windows = new Map<string, Window>()
  const closed = new Map<string, Closed>()
  const writing = new Set<Promise<unknown>>()

  return {
    closed (provider, host) {
      const found = closed.get(keyOf(provider, host))
      return found !== undefined && found.until > now() ? found : undefined
    },
    note (provider, host, health, reason) {
      const key = keyOf(provider, host)
      const { requests, failing } = addTo(windowOf(key), health)
      if (health === 'well' || requests.length < leastRequests || failing / requests.length < failingShare) return
      windows.delete(key)
      closed.set(key, { until: now() + firstOpenMs, reason: 'breakerOpen' })
      log.warn({ provider, host, reason, requests: requests.length, failing }, 'breaker opens')
      write(open(provider, host, reason))
    },
    async endProbe (provider, host, health, reason) {
      const key = keyOf(provider, host)
      if (health === 'failing') {
        closed.set(key, { until: await open(provider, host, reason), reason: 'breakerOpen' })
        return
      }
      windows.delete(key)
      closed.delete(key)
      await sql`
        update provider_hosts set breaker = 'closed', reason = null, opens = 0, opened_at = null, retry_at = null
        where provider = ${provider} and host = ${host}`
      log.info({ provider, host }, 'breaker closes')
    },
    async giveBackProbe (provider, host) {
      await sql`
        update provider_hosts set breaker = 'open', retry_at = now()
        where provider = ${provider} and host = ${host} and breaker = 'probing'`
    },
    silence (provider, host, until) {
      const key = keyOf(provider, host)
      if ((closed.get(key)?.until ?? 0) >= until) return
      closed.set(key, { until, reason: 'rateLimited' })
      write(sql`
        insert into provider_hosts (provider, host, silent_until)
        values (${provider}, ${host}, now() + ${until - now()}::float8 * interval '1 millisecond')
        on conflict (provider, host) do update set silent_until = greatest(provider_hosts.silent_until, excluded.silent_until)`)
    },
    settled: () => Promise.all(writing)
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

  /** Each time in a row it stays open for twice as long. Answers until when, by our clock. */
  async function open (provider: string, host: string, reason: string): Promise<number> {
    const [row] = await sql<Array<{ openMs: number }>>`
      insert into provider_hosts as known (provider, host, breaker, reason, opens, opened_at, retry_at)
      values (${provider}, ${host}, 'open', ${reason}, 1, now(), now() + ${firstOpenMs}::int * interval '1 millisecond')
      on conflict (provider, host) do update set
        breaker = 'open', reason = excluded.reason, opened_at = coalesce(known.opened_at, now()),
        opens = case known.breaker when 'open' then known.opens else known.opens + 1 end,
        retry_at = case known.breaker when 'open' then known.retry_at
          else now() + least(${longestOpenMs}::int, ${firstOpenMs}::int * 2 ^ least(known.opens, 10)) * interval '1 millisecond' end
      returning extract(epoch from retry_at - now())::float8 * 1000 as "openMs"`
    return now() + (row?.openMs ?? firstOpenMs)
  }

  function write (statement: PromiseLike<unknown>): void {
    const written = Promise.resolve(statement)
      .catch((error: unknown) => log.warn({ err: error }, 'others do not know of this breaker yet'))
      .finally(() => writing.delete(written))
    writing.add(written)
  }
}

function keyOf (provider: string, host: string): string {
  return `${provider} ${host}`
}

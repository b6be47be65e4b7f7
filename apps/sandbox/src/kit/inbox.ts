import type { Clock } from './clock.ts'
import type { RecordedRequest } from './http/recorded-request.ts'

/** An item that reached an account, and the request that sent it. */
export interface Arrival {
  /** Increases while the process runs, so an id from before a reset never names a newer arrival. */
  id: string
  /** ISO 8601, by the sandbox's clock. */
  at: string
  provider: string
  account: string
  request: RecordedRequest
  item: unknown
}

interface InboxQuery {
  provider?: string | undefined
  account?: string | undefined
  /** The id of an arrival; the list starts after it. */
  after?: number | undefined
  limit: number
}

export interface Inbox {
  add: (provider: string, account: string, request: RecordedRequest, item: unknown) => void
  /** In order of arrival. `nextCursor` is null at the end. */
  list: (query: InboxQuery) => { data: Arrival[], nextCursor: string | null }
  /** The newest arrivals, oldest first. */
  latest: (limit: number) => Arrival[]
  size: () => number
  /** How many items reached each account of the provider. */
  counts: (provider: string) => Record<string, number>
  /** Calls the watcher until the returned function is called. */
  watch: (watcher: InboxWatcher) => () => void
  reset: () => void
}

interface InboxWatcher {
  arrived: (arrival: Arrival) => void
  reset: () => void
}

export function createInbox (clock: Clock): Inbox {
  let kept: Kept[] = []
  let firstId = 1
  const watchers = new Set<InboxWatcher>()

  return {
    add (provider, account, request, item) {
      const arrival = { id: firstId + kept.length, atMs: clock.nowMs(), provider, account, request, item }
      kept.push(arrival)
      for (const watcher of watchers) watcher.arrived(toArrival(arrival))
    },

    list ({ provider, account, after = 0, limit }) {
      const data: Arrival[] = []
      for (let index = Math.max(0, after + 1 - firstId); index < kept.length; index++) {
        const arrival = kept[index]
        if (arrival === undefined || !matches(arrival, provider, account)) continue
        if (data.length === limit) return { data, nextCursor: data.at(-1)?.id ?? null }
        data.push(toArrival(arrival))
      }
      return { data, nextCursor: null }
    },

    latest: (limit) => kept.slice(-limit).map(toArrival),

    size: () => kept.length,

    counts (provider) {
      const counts: Record<string, number> = {}
      for (const arrival of kept) if (arrival.provider === provider) counts[arrival.account] = (counts[arrival.account] ?? 0) + 1
      return counts
    },

    watch (watcher) {
      watchers.add(watcher)
      return () => { watchers.delete(watcher) }
    },

    reset () {
      firstId += kept.length
      kept = []
      for (const watcher of watchers) watcher.reset()
    }
  }
}

/** Id and time stay numbers, since a benchmark adds hundreds of thousands of arrivals and reads few. */
type Kept = Omit<Arrival, 'id' | 'at'> & { id: number, atMs: number }

function matches (arrival: Kept, provider: string | undefined, account: string | undefined): boolean {
  return (provider === undefined || arrival.provider === provider) && (account === undefined || arrival.account === account)
}

function toArrival ({ id, atMs, provider, account, request, item }: Kept): Arrival {
  return { id: String(id), at: new Date(atMs).toISOString(), provider, account, request, item }
}

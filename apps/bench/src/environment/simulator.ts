import type { Child } from './spawn.ts'
import { callJson } from './call-json.ts'
import { toPerson } from './audience.ts'
import type { Person } from './audience.ts'

/** The sandbox in bench mode, as a separate process. */
export interface Simulator {
  url: string
  process: Child
  /** The variables that point Carillon to these providers at it. */
  environment: (providers: string[]) => Promise<Record<string, string>>
  /** Creates Pushbullet accounts. */
  populate: (count: number) => Promise<Person[]>
  /** Creates accounts of any provider, at a workspace or domain. */
  createAccounts: <Account>(provider: string, count: number, host: string) => Promise<Account[]>
  counts: () => Promise<{ distinct: number, repeated: number }>
  /** Waits for the push with this guid, and returns its time in milliseconds since the epoch. */
  arrival: (guid: string) => Promise<number>
  /** Makes every push return this status until `recover`. */
  fail: (status: number) => Promise<void>
  recover: () => Promise<void>
  /** Delays each response: a lognormal time with this median, for one in a hundred five times the median. 0 ends it. */
  delay: (medianMs: number) => Promise<void>
  /** The number of pushes with that status since the start. */
  failed: () => Promise<number>
  /** Limits requests, or ends that and the counts of refusals. */
  limit: (provider: string, limits: object) => Promise<void>
  refusals: (provider: string) => Promise<Refusals>
  /** All messages that arrived at providers other than Pushbullet. */
  arrivals: () => Promise<number>
  /** The number of messages that reached each account of such a provider. */
  arrivalsByAccount: (provider: string) => Promise<Record<string, number>>
  /** `HOST:PORT` of this many hosts of webhooks. */
  openHosts: (count: number) => Promise<string[]>
  behave: (behavior: HostBehavior) => Promise<void>
  hookCounts: () => Promise<HookCounts>
  /** Ends the behavior, the counts and all connections of these hosts. */
  resetHosts: () => Promise<void>
  /** Deletes the received messages. Accounts stay. */
  reset: () => Promise<void>
}

/** The requests that a simulator refused because of its limits. A client learns a limit from a refusal with a new wait. */
export interface Refusals {
  refused: number
  learned: number
  /** Requests that came although the client had been told to wait. */
  ignored: number
}

interface HostBehavior {
  medianMs?: number
  /** These hosts never respond. */
  hanging?: string[]
  /** A host refuses requests while it has this many. */
  maxAtOnce?: number
}

interface HookCounts {
  distinct: number
  repeated: number
  refused: number
  /** The time that accepted requests took so far, all of them together. */
  busyMs: number
}

interface Stats {
  guids: { distinct: number, repeated: number }
  items: number
  data: Array<{ endpoint: string, faults: number }>
}

/** The path that Carillon and the programs that are compared to it use to send. */
export const pushPath = '/pushbullet/v2/pushes'

export function createSimulator (process: Child, url: string): Simulator {
  const control = <Result>(method: string, path: string, body?: object) => callJson<Result>(method, `${url}/_control${path}`, { body })
  const stats = () => control<Stats>('GET', '/stats')
  return {
    url,
    process,
    environment: async (providers) => {
      const { data } = await control<{ data: Array<{ provider: string, environment: Record<string, string> }> }>('GET', '/environment')
      const wanted = data.filter(({ provider }) => providers.includes(provider))
      return Object.assign({}, ...wanted.map(({ environment }) => environment))
    },
    populate: async (count) => {
      const { data } = await control<{ data: Array<{ account: string, accessToken: string }> }>('POST', '/accounts', { provider: 'pushbullet', count })
      return data.map(toPerson)
    },
    createAccounts: async <Account>(provider: string, count: number, host: string) =>
      (await control<{ data: Account[] }>('POST', '/accounts', { provider, count, host })).data,
    counts: async () => (await stats()).guids,
    arrival: async (guid) => (await control<{ atMs: number }>('GET', `/pushbullet/arrivals/${guid}`)).atMs,
    fail: async (status) => { await control('POST', '/faults', { provider: 'pushbullet', match: `POST ${pushPath}`, status }) },
    recover: async () => { await control('DELETE', '/faults') },
    delay: async (medianMs) => { await control('POST', '/pushbullet/latency', { medianMs }) },
    failed: async () => (await stats()).data.find(({ endpoint }) => endpoint === `POST ${pushPath}`)?.faults ?? 0,
    limit: async (provider, limits) => { await control('POST', `/${provider}/limits`, limits) },
    refusals: (provider) => control('GET', `/${provider}/limits`),
    arrivals: async () => (await stats()).items,
    arrivalsByAccount: async (provider) =>
      (await control<{ data: Record<string, number> }>('GET', `/inbox/${provider}/counts`)).data,
    openHosts: async (count) => (await control<{ data: string[] }>('POST', '/webhook/hosts', { count })).data,
    behave: async (behavior) => { await control('POST', '/webhook/behavior', behavior) },
    hookCounts: () => control('GET', '/webhook/tally'),
    resetHosts: async () => { await control('DELETE', '/webhook/tally') },
    reset: async () => {
      await control('DELETE', '/pushbullet/tally')
      await control('DELETE', '/inbox')
    }
  }
}

import type { Child } from './spawn.ts'
import { callJson } from './call-json.ts'
import { toPerson } from './audience.ts'
import type { Person } from './audience.ts'

/** The sandbox in bench mode, as a separate process. */
export interface Simulator {
  url: string
  process: Child
  /** The variables that point Carillon to it. */
  environment: () => Promise<Record<string, string>>
  /** Creates accounts. */
  populate: (count: number) => Promise<Person[]>
  counts: () => Promise<{ distinct: number, repeated: number }>
  /** Waits for the push with this guid, and returns its time in milliseconds since the epoch. */
  arrival: (guid: string) => Promise<number>
  /** Makes every push return this status until `recover`. */
  fail: (status: number) => Promise<void>
  recover: () => Promise<void>
  /** The number of pushes with that status since the start. */
  failed: () => Promise<number>
  /** Deletes the received pushes. Accounts stay. */
  reset: () => Promise<void>
}

interface Stats {
  guids: { distinct: number, repeated: number }
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
    environment: async () => {
      const { data } = await control<{ data: Array<{ provider: string, environment: Record<string, string> }> }>('GET', '/environment')
      return data.find(({ provider }) => provider === 'pushbullet')?.environment ?? {}
    },
    populate: async (count) => {
      const { data } = await control<{ data: Array<{ account: string, accessToken: string }> }>('POST', '/accounts', { provider: 'pushbullet', count })
      return data.map(toPerson)
    },
    counts: async () => (await stats()).guids,
    arrival: async (guid) => (await control<{ atMs: number }>('GET', `/pushbullet/arrivals/${guid}`)).atMs,
    fail: async (status) => { await control('POST', '/faults', { provider: 'pushbullet', match: `POST ${pushPath}`, status }) },
    recover: async () => { await control('DELETE', '/faults') },
    failed: async () => (await stats()).data.find(({ endpoint }) => endpoint === `POST ${pushPath}`)?.faults ?? 0,
    reset: async () => { await control('DELETE', '/pushbullet/tally') }
  }
}

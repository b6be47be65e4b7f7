import type { Child } from './spawn.ts'
import { callJson } from './call-json.ts'
import { toPerson } from './audience.ts'
import type { Person } from './audience.ts'

/** The sandbox in bench mode, as a process of its own. */
export interface Simulator {
  url: string
  process: Child
  /** The variables that point Carillon at it. */
  environment: () => Promise<Record<string, string>>
  /** Makes accounts. */
  populate: (count: number) => Promise<Person[]>
  counts: () => Promise<{ distinct: number, repeated: number }>
  /** When the push under this guid came; waits for it. Milliseconds since the epoch. */
  arrival: (guid: string) => Promise<number>
  /** Has every push answered with this status from now on, until `recover`. */
  fail: (status: number) => Promise<void>
  recover: () => Promise<void>
  /** How many pushes were answered so, ever since it runs. */
  failed: () => Promise<number>
  /** Forgets what came. Accounts stay. */
  reset: () => Promise<void>
}

interface Stats {
  guids: { distinct: number, repeated: number }
  data: Array<{ endpoint: string, faults: number }>
}

/** What Carillon asks for when it sends, and everybody else who is compared to it. */
export const pushPath = '/pushbullet/v2/pushes'

export function createSimulator (process: Child, url: string): Simulator {
  const control = <Answer>(method: string, path: string, body?: object) => callJson<Answer>(method, `${url}/_control${path}`, { body })
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

import type { Child } from './spawn.ts'
import { callJson } from './call-json.ts'
import { toPerson } from './audience.ts'
import type { Person } from './audience.ts'

/** The sandbox in bench mode, as a process of its own. */
export interface Simulator {
  url: string
  process: Child
  /** Makes accounts. */
  populate: (count: number) => Promise<Person[]>
  counts: () => Promise<{ distinct: number, repeated: number }>
  /** When the push under this guid came; waits for it. Milliseconds since the epoch. */
  arrival: (guid: string) => Promise<number>
  /** Forgets what came. Accounts stay. */
  reset: () => Promise<void>
}

/** What Carillon asks for when it sends, and everybody else who is compared to it. */
export const pushPath = '/pushbullet/v2/pushes'

export function createSimulator (process: Child, url: string): Simulator {
  const control = <Answer>(method: string, path: string, body?: object) => callJson<Answer>(method, `${url}/_control${path}`, { body })
  return {
    url,
    process,
    populate: async (count) => {
      const { data } = await control<{ data: Array<{ account: string, accessToken: string }> }>('POST', '/accounts', { provider: 'pushbullet', count })
      return data.map(toPerson)
    },
    counts: async () => (await control<{ guids: { distinct: number, repeated: number } }>('GET', '/stats')).guids,
    arrival: async (guid) => (await control<{ atMs: number }>('GET', `/pushbullet/arrivals/${guid}`)).atMs,
    reset: async () => { await control('DELETE', '/pushbullet/tally') }
  }
}

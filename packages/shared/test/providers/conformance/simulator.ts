import { openSandbox } from '@carillon/sandbox'
import type { CreateSimulator } from '@carillon/sandbox/kit'
import type { Test } from 'tap'

/** What goes wrong, in the words of the sandbox's `POST /_control/faults`. */
export interface Fault {
  match?: string
  status?: number
  headers?: Record<string, string>
  body?: unknown
  delayMs?: number
  reset?: 'before' | 'after'
  times?: number
}

export interface SimulatedAccount {
  name: string
  credentials: unknown
}

export interface Arrival {
  request: { headers: Record<string, string>, body: unknown }
  item: Record<string, unknown>
}

/** One provider's simulator, steered over the sandbox's controls as anybody else would. */
export interface Simulator {
  /** Base URL of the sandbox. */
  url: string
  /** The variables that point Carillon at it. */
  environment: Record<string, string>
  /** The host of its own that accounts at pump.io are at. */
  pumpioHost: string
  /** Somebody new who has granted access. */
  account: () => Promise<SimulatedAccount>
  revoke: (account: SimulatedAccount) => Promise<void>
  /** Access tokens alone, as age does. */
  expire: (account: SimulatedAccount) => Promise<void>
  /** Until the test's end, or for as many `times` as it says. */
  fault: (t: Test, fault: Fault) => Promise<void>
  /** What has reached the account, in order. */
  inbox: (account: SimulatedAccount) => Promise<Arrival[]>
  /** How often `METHOD /path` was called. */
  calls: (endpoint: string) => Promise<number>
  /** `POST` to any other of the sandbox's controls. */
  control: (path: string, body: object) => Promise<void>
}

export async function openSimulator (t: Test, provider: string, simulators: CreateSimulator[] = []): Promise<Simulator> {
  const sandbox = await openSandbox({ simulators })
  t.teardown(() => sandbox.close())

  return {
    url: sandbox.url,
    environment: sandbox.environment(provider),
    pumpioHost: new URL(sandbox.urlOf('pumpio')).host,
    async account () {
      const { data: [created] } = await control<{ data: [{ account: string }] }>('POST', 'accounts', { provider, count: 1 })
      return { name: created.account, credentials: created }
    },
    async revoke ({ name }) {
      await control('POST', 'tokens/revoke', { provider, account: name })
    },
    async expire ({ name }) {
      await control('POST', 'tokens/expire', { provider, account: name })
    },
    async fault (t, fault) {
      await control('POST', 'faults', { provider, ...fault })
      t.teardown(() => control('DELETE', 'faults'))
    },
    async inbox ({ name }) {
      const { data } = await control<{ data: Arrival[] }>('GET', `inbox?${new URLSearchParams({ provider, account: name })}`)
      return data
    },
    async calls (endpoint) {
      const { data } = await control<{ data: Array<{ provider: string, endpoint: string, requests: number }> }>('GET', 'stats')
      return data.find((each) => each.endpoint === endpoint)?.requests ?? 0
    },
    async control (path, body) {
      await control('POST', path, body)
    }
  }

  async function control<T> (method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${sandbox.url}/_control/${path}`, {
      method,
      ...body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    })
    if (!response.ok) throw new Error(`the sandbox refused ${method} ${path}: ${response.status} ${await response.text()}`)
    return await response.json() as T
  }
}

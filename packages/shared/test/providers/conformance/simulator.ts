import { openSandbox } from '@carillon/sandbox'
import type { CreateSimulator } from '@carillon/sandbox/kit'
import type { Test } from 'tap'

/** A fault to inject, in the format of the sandbox's `POST /_control/faults`. */
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

/** A provider's simulator, controlled through the sandbox's public control API. */
export interface Simulator {
  /** Base URL of the sandbox. */
  url: string
  /** The variables that point Carillon to it. */
  environment: Record<string, string>
  /** The host of the accounts at pump.io. */
  pumpioHost: string
  /** Creates an account that has granted access. */
  account: () => Promise<SimulatedAccount>
  revoke: (account: SimulatedAccount) => Promise<void>
  /** Expires only the access tokens, as time does. */
  expire: (account: SimulatedAccount) => Promise<void>
  /** Injects a fault until the end of the test, or for `times` requests. */
  fault: (t: Test, fault: Fault) => Promise<void>
  /** The messages that the account has received, in order. */
  inbox: (account: SimulatedAccount) => Promise<Arrival[]>
  /** The number of requests to `METHOD /path`. */
  calls: (endpoint: string) => Promise<number>
  /** The User-Agents of all requests so far. Empty for requests without one. */
  userAgents: () => Promise<string[]>
  /** Sends `POST` to any other control of the sandbox. */
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
    async userAgents () {
      const { userAgents } = await control<{ userAgents: Array<{ userAgent: string }> }>('GET', 'stats')
      return userAgents.map(({ userAgent }) => userAgent)
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

import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { Failure, HttpOptions } from '@carillon/http'
import { createHttp, ProviderError } from '@carillon/http'
import type { Message } from '../../../src/providers/message.ts'
import { createMemoryRegistrations } from '@carillon/clients'
import type { RequestContext } from '../../../src/providers/request-context.ts'
import type { Credentials } from '../../../src/providers/credentials.ts'
import type { ProviderClient } from '../../../src/providers/define-provider.ts'
import type { SimulatedAccount, Simulator } from './simulator.ts'

export type Person = SimulatedAccount & { credentials: Credentials }

/** The options of a call that differ from the defaults. */
export interface SendInput {
  message?: Message
  key?: string
  http?: Partial<HttpOptions>
  signal?: AbortSignal
  now?: number
}

/** The functions for the tests of one provider. It collects all errors and all secrets. */
export function createSetup (provider: ProviderClient, simulator: Simulator, secrets: string[]) {
  const errors: unknown[] = []
  const registrations = createMemoryRegistrations()

  return { person, known, send, call, fails, errors, secrets }

  async function person (): Promise<Person> {
    const account = await simulator.account()
    return { ...account, credentials: known(provider.parseCredentials(account.credentials)) }
  }

  /** Records the secrets of these credentials, which must not appear anywhere. */
  function known (credentials: Credentials): Credentials {
    secrets.push(...Object.entries(credentials).flatMap(([name, value]) => /token|secret/i.test(name) ? [String(value)] : []))
    return credentials
  }

  /** A provider without messages requests its account instead, because all responses are classified alike. */
  async function send (t: Test, to: Person, input: SendInput = {}) {
    if (provider.send === undefined) return await provider.identify(to.credentials, call(t, input))
    return await provider.send(input.message ?? { type: 'note', title: 'Title', body: 'Body' }, input.key ?? randomUUID(), to.credentials, call(t, input))
  }

  function call (t: Test, { http: options = {}, signal, now }: SendInput = {}): RequestContext {
    const http = createHttp({ trustedOrigins: provider.origins, allowPrivateHosts: [], ...options })
    t.teardown(() => http.close())
    return { http, signal: signal ?? new AbortController().signal, now: () => now ?? Date.now(), registrations }
  }

  async function fails (
    t: Test, act: () => Promise<unknown>, kind: Failure['kind'] | Array<Failure['kind']>, why = String(kind)
  ): Promise<Failure | undefined> {
    try {
      await act()
    } catch (error) {
      errors.push(error)
      if (!(error instanceof ProviderError)) throw error
      t.ok([kind].flat().includes(error.failure.kind), `${why}: ${error.message} was ${error.failure.kind}`)
      return error.failure
    }
    t.fail(`${why}: it went well`)
  }
}

import type { Test } from 'tap'
import { createHttp, ProviderError } from '@carillon/http'
import type { HttpOptions } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import { openSandbox } from '@carillon/sandbox'
import type { RequestContext } from '../../../src/providers/request-context.ts'
import { createMastodon } from '../../../src/providers/mastodon/mastodon.ts'
import type { MastodonConfig } from '../../../src/providers/mastodon/mastodon.ts'

export const callback = 'http://127.0.0.1:1/connect/mastodon/callback'

interface Item {
  text: string
  visibility: string
  from: string
  idempotencyKey: string
}

/** Mastodon's client in front of its simulator. */
export async function openMastodon (t: Test) {
  const sandbox = await openSandbox()
  t.teardown(() => sandbox.close())
  const { host } = new URL(sandbox.urlOf('mastodon'))
  const registrations = createMemoryRegistrations()

  const control = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${sandbox.url}/_control/${path}`, {
      method, ...body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    })
    if (!response.ok) throw new Error(`the sandbox refused ${method} ${path}: ${response.status} ${await response.text()}`)
    return await response.json() as T
  }

  return {
    host,
    url: `http://${host}`,
    sandboxUrl: sandbox.url,
    control,
    create: (config: Partial<MastodonConfig> = {}) =>
      createMastodon({ clientName: 'Carillon', insecureHosts: [host], visibility: 'direct', ...config }),
    beFamily: (quirk: 'gotosocial' | 'pleroma') => control('POST', 'quirks', { provider: 'mastodon', quirk, on: true }),
    fault: (rule: object) => control('POST', 'faults', { provider: 'mastodon', ...rule }),
    async account () {
      const { data: [created] } = await control<{ data: [{ account: string, accessToken: string }] }>('POST', 'accounts', { provider: 'mastodon', count: 1 })
      return created
    },
    async inbox (account: string) {
      const { data } = await control<{ data: Array<{ item: Item }> }>('GET', `inbox?${new URLSearchParams({ provider: 'mastodon', account })}`)
      return data.map(({ item }) => item)
    },
    async countRequests (endpoint: string) {
      const { data } = await control<{ data: Array<{ endpoint: string, requests: number }> }>('GET', 'stats')
      return data.find((each) => each.endpoint === endpoint)?.requests ?? 0
    },
    call (t: Test, options: Partial<HttpOptions> = {}): RequestContext {
      const http = createHttp({ trustedOrigins: [`http://${host}`], allowPrivateHosts: [], ...options })
      t.teardown(() => http.close())
      return { http, signal: new AbortController().signal, now: Date.now, registrations }
    }
  }
}

/** Allows access as `account` on the server's page, and returns where the browser is sent. */
export async function allowAt (authorizeUrl: string, account: string): Promise<URL> {
  const response = await fetch(`${authorizeUrl}&auto=allow&account=${account}`, { redirect: 'manual' })
  const location = response.headers.get('location')
  if (location === null) throw new Error(`no redirect: ${response.status} ${await response.text()}`)
  return new URL(location, authorizeUrl)
}

/** The code on the server's page for programs without a redirect URI. */
export async function readCodeAt (authorizeUrl: string, account: string): Promise<string> {
  const response = await fetch(await allowAt(authorizeUrl, account))
  return /id="verifier">([^<]+)</.exec(await response.text())?.[1] ?? ''
}

export async function refused (t: Test, attempt: Promise<unknown> | undefined, expected: object, why?: string): Promise<void> {
  const error: unknown = await attempt?.then(() => undefined, (error: unknown) => error)
  if (!(error instanceof ProviderError)) throw new Error(`expected a ProviderError: ${why}`, { cause: error })
  t.match({ ...error.failure, status: error.status, transport: error.transport }, expected, `${why}: ${error.message}`)
}

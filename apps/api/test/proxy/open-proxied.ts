import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { createHttp } from '@carillon/http'
import type { Provider } from '@carillon/shared/providers'
import type { Test } from 'tap'
import { request } from 'undici'
import { at, openTestApi, textAt } from '../open-api.ts'

interface Seen {
  method: string | undefined
  url: string | undefined
  headers: IncomingHttpHeaders
  body: string
}

type Answerer = (seen: Seen, response: ServerResponse, request: IncomingMessage) => void

/**
 * A test provider behind the API, which records requests and returns the test's responses. Its timeout is longer than any test,
 * unless `patienceMs` sets another one, so that requests never end because of a slow machine.
 */
export async function openProxied (t: Test, { patienceMs = 60_000 } = {}) {
  const seen: Seen[] = []
  const state: { answer: Answerer, handle?: RequestListener | undefined, refresh: () => Promise<string>, refreshes: number } = {
    answer: (_seen, response) => { response.end('hello') }, refresh: async () => 'second', refreshes: 0
  }
  const server = createServer(async (request, response) => {
    if (state.handle !== undefined) return state.handle(request, response)
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      return
    }
    const one = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() }
    seen.push(one)
    state.answer(one, response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider: Provider = {
    id: 'fake',
    name: 'Fake',
    holder: 'user',
    accounts: 'one',
    origins: [origin],
    handshakes: {},
    parseCredentials: (value) => ({ accessToken: String(at(value, 'accessToken')) }),
    identify: async () => ({ id: '1', name: 'one' }),
    authorize: async ({ path }, { accessToken }) => ({ url: `${origin}${path}`, headers: { authorization: `Bearer ${accessToken}` } }),
    refresh: async () => {
      state.refreshes++
      return { credentials: { accessToken: await state.refresh() } }
    },
    classifyCredentials: ({ status, body }) => {
      if (status !== 401) return null
      return body.toString() === 'expired' ? 'expired' : body.toString() === 'dead' ? 'unauthorized' : null
    }
  }
  const bare: Provider = { id: 'bare', name: 'Bare', holder: 'user', accounts: 'one', origins: [], handshakes: {}, parseCredentials: provider.parseCredentials, identify: provider.identify }
  const patience = { headersTimeoutMs: patienceMs, bodyTimeoutMs: patienceMs }
  const http = createHttp({ trustedOrigins: [origin], allowPrivateHosts: [], ...patience })
  t.teardown(() => http.close())
  const api = await openTestApi(t, { change: () => ({ providers: new Map([['fake', provider], ['bare', bare]]), http }) })
  const key = await api.makeKey()
  let users = 0
  const open = async (id = 'fake') => {
    const connections = [{ userId: `user-${++users}`, provider: id, credentials: { accessToken: 'first' } }]
    const { body } = await api.ask('POST', '/v1/connections/import', { token: key, body: { connections } })
    return textAt(body, 'data.0.connectionId')
  }
  const ask = async (
    id: string, path: string, { method = 'GET', headers = {}, body = null }: { method?: string, headers?: Record<string, string>, body?: string | Buffer | Readable | null } = {}
  ) => {
    const answer = await request(`${api.url}/v1/connections/${id}/proxy${path}`, {
      method: method as 'GET', headers: { authorization: `Bearer ${key}`, ...headers }, body
    })
    const text = await answer.body.text()
    return { status: answer.statusCode, headers: answer.headers, text }
  }
  return { api, key, seen, state, origin, provider, open, ask, show: async (id: string) => (await api.ask('GET', `/v1/connections/${id}`, { token: key })).body }
}

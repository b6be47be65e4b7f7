import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Test } from 'tap'
import type { Http } from '@carillon/http'
import { createHttp, ProviderError } from '@carillon/http'
import { createMemoryRegistrations } from '../../src/memory-registrations.ts'
import type { PumpioContext } from '../../src/pumpio/context.ts'
import { createPumpio } from '../../src/pumpio/pumpio.ts'
import type { PumpioApplication } from '../../src/pumpio/oauth/registration.ts'
import { web } from '../../../http/test/local-server.ts'

export const application = { name: 'Carillon' }
export const token = { accessToken: 'token', accessTokenSecret: 'secret', clientId: 'client', clientSecret: 'hidden' }

interface Listeners { [path: string]: (request: IncomingMessage, response: ServerResponse, host: string) => void }

/** A host on which every user is alice, unless `listeners` respond otherwise. */
export async function pump (t: Test, listeners: Listeners): Promise<string> {
  const all: Listeners = {
    '/api/client/register': registers,
    '/oauth/request_token': grants,
    '/oauth/access_token': grants,
    '/api/whoami': (_, response) => respond(response, { preferredUsername: 'alice' }),
    ...listeners
  }
  const url = await web(t, (request, response) => {
    const listener = all[new URL(request.url ?? '', 'http://x').pathname] ?? absent
    listener(request, response, request.headers.host ?? '')
  })
  return new URL(url).host
}

export async function connect (t: Test, host: string, as: PumpioApplication = application) {
  const pumpio = createPumpio({ application: as, insecureHosts: [host] })
  const http = createHttp({ trustedOrigins: pumpio.origins, allowPrivateHosts: ['127.0.0.0/8'] })
  t.teardown(() => http.close())
  const { authorizeUrl, pending } = await pumpio.handshakes.verifier.begin(`alice@${host}`, null, call(t, http))
  const { account } = await pumpio.handshakes.verifier.complete(pending, 'v', call(t, http))
  return { authorizeUrl, account }
}

export function registers (_: IncomingMessage, response: ServerResponse): void {
  respond(response, { client_id: 'c', client_secret: 's', expires_at: 0 })
}

export function grants (_: IncomingMessage, response: ServerResponse): void {
  response.end('oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=true')
}

export function absent (_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404).end()
}

export function respond (response: ServerResponse, content: object): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(content))
}

export async function failure (attempt: Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await attempt.then((value) => value, (error: unknown) => error)
  if (error instanceof ProviderError) return error
  throw new Error('expected a ProviderError', { cause: error })
}

export function call (t: Test, given?: Http): PumpioContext {
  const http = given ?? createHttp({ trustedOrigins: [], allowPrivateHosts: [] })
  if (given === undefined) t.teardown(() => http.close())
  return { http, signal: new AbortController().signal, now: Date.now, registrations: createMemoryRegistrations() }
}

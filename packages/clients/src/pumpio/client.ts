import { randomUUID } from 'node:crypto'
import { createHttp, ProviderError, sendRequest } from '@carillon/http'
import type { Http } from '@carillon/http'
import { createMemoryRegistrations } from '../memory-registrations.ts'
import type { PumpioMessage } from './message.ts'
import type { PumpioContext } from './context.ts'
import type { Registration } from '../registrations.ts'
import type { PumpioConfig, PumpioIdentity } from './pumpio.ts'
import { createPumpio } from './pumpio.ts'
import type { PumpioCredentials } from './credentials.ts'
import { classify } from './classify.ts'

export interface PumpioClientOptions extends PumpioConfig {
  /** `nick@host`. */
  account: string
  /** Is handed the page on which the user allows access, and gives the verifier that the page then shows. */
  verifierCallback?: (authorizeUrl: string) => string | Promise<string>
  /** What an earlier client has brought: without it the host is asked for a new one. */
  registration?: Registration
  /** What an earlier client has brought: without it the user is asked, through `verifierCallback`. */
  token?: PumpioCredentials
  /** Default: one of its own, which reaches public addresses and `insecureHosts`. */
  http?: Http
  signal?: AbortSignal
}

/** What to keep, and to give to the next client. Secrets, as JSON. */
export interface PumpioAccess {
  registration: Registration
  token: PumpioCredentials
}

/** One account at pump.io, for a program of its own. Whatever fails throws ProviderError. */
export interface PumpioClient {
  /** Registers and asks for the token, as far as they are not there yet. The other methods do so first. */
  connect: () => Promise<PumpioAccess>
  whoami: () => Promise<PumpioIdentity>
  /** With a `key`, a UUID, the message is posted once however often this is called. */
  post: (message: PumpioMessage, key?: string) => Promise<{ id: string }>
  /** Asks the host's API for JSON: `get('/api/user/alice/feed')`. */
  get: (path: string) => Promise<Record<string, unknown>>
  /** Waits for the requests under way. Leaves a `http` that was given open. */
  close: () => Promise<void>
}

/** Opens nothing. Throws ProviderError for an account or a token that is none. */
export function createPumpioClient (options: PumpioClientOptions): PumpioClient {
  const pumpio = createPumpio(options)
  const { host } = pumpio.parseAccount(options.account)
  const http = options.http ?? createHttp({ trustedOrigins: pumpio.origins, allowPrivateHosts: [] })
  const registrations = createMemoryRegistrations()
  const call: PumpioContext = { http, signal: options.signal ?? new AbortController().signal, now: Date.now, registrations }
  const given = options.token === undefined ? undefined : pumpio.parseCredentials(options.token)
  let access: Promise<PumpioAccess> | undefined

  return {
    connect,
    whoami: async () => await pumpio.identify((await connect()).token, call),
    async post (message, key = randomUUID()) {
      const { token } = await connect()
      return await pumpio.send(message, key, token, call)
    },
    async get (path) {
      const { token } = await connect()
      const { url, headers } = await pumpio.authorize({ method: 'GET', path }, token, call)
      return await sendRequest({ method: 'GET', url, headers: { ...headers, accept: '*/*' } }, (answer, now) => classify(answer, now, []), call)
    },
    async close () {
      if (options.http === undefined) await http.close()
    }
  }

  function connect (): Promise<PumpioAccess> {
    access ??= obtainAccess().catch((error: unknown) => {
      // Asked again, the user may say something else.
      access = undefined
      throw error
    })
    return access
  }

  async function obtainAccess (): Promise<PumpioAccess> {
    if (options.registration !== undefined) await keep(options.registration)
    const token = given ?? await askForToken()
    return { registration: await keep({ clientId: token.clientId, clientSecret: token.clientSecret }), token }
  }

  /** Answers the one that is kept already, if there is one. */
  function keep (registration: Registration): Promise<Registration> {
    return registrations.obtain('pumpio', host, async () => registration)
  }

  async function askForToken (): Promise<PumpioCredentials> {
    const { account, verifierCallback } = options
    if (verifierCallback === undefined) throw new ProviderError({ kind: 'rejected', reason: 'no token, and nobody to ask for one' }, host)
    const { begin, complete } = pumpio.handshakes.verifier
    const { authorizeUrl, pending } = await begin(account, null, call)
    const { credentials } = await complete(pending, await verifierCallback(authorizeUrl), call)
    return credentials
  }
}

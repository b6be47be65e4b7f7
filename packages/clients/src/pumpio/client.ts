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
  /** Receives the URL of the page on which the user grants access, and returns the verifier that the page then shows. */
  verifierCallback?: (authorizeUrl: string) => string | Promise<string>
  /** The registration of an earlier client. Without it, the client registers at the host. */
  registration?: Registration
  /** The token of an earlier client. Without it, the user grants access through `verifierCallback`. */
  token?: PumpioCredentials
  /** Default: its own HTTP client, which reaches public addresses and `insecureHosts`. */
  http?: Http
  signal?: AbortSignal
}

/** The secrets to store and to pass to the next client, as JSON. */
export interface PumpioAccess {
  registration: Registration
  token: PumpioCredentials
}

/** A client for one pump.io account, for other programs. All errors are ProviderErrors. */
export interface PumpioClient {
  /** Registers and obtains the token, if necessary. The other methods do that first. */
  connect: () => Promise<PumpioAccess>
  whoami: () => Promise<PumpioIdentity>
  /** With a `key`, a UUID, repeated calls post the message once. */
  post: (message: PumpioMessage, key?: string) => Promise<{ id: string }>
  /** Requests JSON from the host's API: `get('/api/user/alice/feed')`. */
  get: (path: string) => Promise<Record<string, unknown>>
  /** Waits for pending requests. Does not close an `http` from the options. */
  close: () => Promise<void>
}

/** Opens no connection. Throws ProviderError for an invalid account or token. */
export function createPumpioClient (options: PumpioClientOptions): PumpioClient {
  const pumpio = createPumpio(options)
  const { host } = pumpio.parseAccount(options.account)
  const http = options.http ?? createHttp({ trustedOrigins: pumpio.origins, allowPrivateHosts: [] })
  const registrations = createMemoryRegistrations()
  const context: PumpioContext = { http, signal: options.signal ?? new AbortController().signal, now: Date.now, registrations }
  const given = options.token === undefined ? undefined : pumpio.parseCredentials(options.token)
  let access: Promise<PumpioAccess> | undefined

  return {
    connect,
    whoami: async () => await pumpio.identify((await connect()).token, context),
    async post (message, key = randomUUID()) {
      const { token } = await connect()
      return await pumpio.send(message, key, token, context)
    },
    async get (path) {
      const { token } = await connect()
      const { url, headers } = await pumpio.authorize({ method: 'GET', path }, token, context)
      return await sendRequest({ method: 'GET', url, headers: { ...headers, accept: '*/*' } }, (response, now) => classify(response, now, []), context)
    },
    async close () {
      if (options.http === undefined) await http.close()
    }
  }

  function connect (): Promise<PumpioAccess> {
    access ??= obtainAccess().catch((error: unknown) => {
      // The next call starts again, because the user may then grant access.
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

  /** Returns the stored registration if there is one. */
  function keep (registration: Registration): Promise<Registration> {
    return registrations.obtain('pumpio', host, async () => registration)
  }

  async function askForToken (): Promise<PumpioCredentials> {
    const { account, verifierCallback } = options
    if (verifierCallback === undefined) throw new ProviderError({ kind: 'rejected', reason: 'there is no token, and no callback that asks the user for one' }, host)
    const { begin, complete } = pumpio.handshakes.verifier
    const { authorizeUrl, pending } = await begin(account, null, context)
    const { credentials } = await complete(pending, await verifierCallback(authorizeUrl), context)
    return credentials
  }
}

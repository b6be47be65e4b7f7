import { ProviderError, toResult } from '@carillon/http'
import type { HttpRequest, HttpResponse } from '@carillon/http'
import type { PumpioMessage } from './message.ts'
import type { PumpioContext } from './context.ts'
import { accountText, createPumpioHosts } from './account.ts'
import { createPumpioAccountCheck } from './account-check.ts'
import type { Addressees } from './activity.ts'
import { authorizeRequest } from './authorize-request.ts'
import type { AuthorizedRequest, UnsignedRequest } from './authorize-request.ts'
import type { PumpioAudience, PumpioCredentials } from './credentials.ts'
import { parseAudience, parsePumpioCredentials } from './credentials.ts'
import type { NewToken } from './oauth/handshake.ts'
import { createPumpioHandshake } from './oauth/handshake.ts'
import { classify, refusalOf } from './classify.ts'
import type { PumpioApplication } from './oauth/registration.ts'
import type { PumpioSession } from './send.ts'
import { sendPumpio } from './send.ts'
import { renderMessage } from './render-message.ts'
import type { SigningKeys } from './oauth/signer.ts'
import { createPumpioSigner } from './oauth/signer.ts'

export interface PumpioConfig {
  /** The application's data in registrations at hosts. */
  application: PumpioApplication
  /** Each `host` or `host:port` that uses plain http without the guard, for development. Default: none. */
  insecureHosts?: readonly string[]
  /** The recipients of messages, unless the credentials specify others. Default: `followers`. */
  audience?: PumpioAudience
}

/** The account at its host. */
export interface PumpioIdentity {
  id: string
  name: string
  host: string
}

/** The result of a handshake. */
export interface PumpioGrant {
  credentials: PumpioCredentials
  account: PumpioIdentity
}

/** Throws TypeError for an invalid insecure host, and ProviderError for an invalid audience. */
export function createPumpio (config: PumpioConfig) {
  const hosts = createPumpioHosts(config.insecureHosts ?? [])
  const audience = parseAudience(config.audience ?? 'followers', hosts)
  const signer = createPumpioSigner()
  const accounts = createPumpioAccountCheck(hosts.originOf)

  return {
    origins: hosts.insecureOrigins,
    handshakes: { verifier: createPumpioHandshake(hosts, config.application, signer, accept) },
    parseAccount: hosts.parseAccount,
    parseCredentials: (value: unknown) => parsePumpioCredentials(value, hosts),
    identify,
    send,
    render: (message: PumpioMessage) => renderMessage(message, 'pump.io'),
    idempotent: true as const,
    authorize,
    classifyCredentials
  }

  async function accept ({ host, ...token }: NewToken, context: PumpioContext): Promise<PumpioGrant> {
    // The user may have been logged in at the host with another account than the one they entered.
    const name = await whoami(host, token, context)
    const account = accountText({ name, host })
    return { credentials: { account, ...token }, account: { id: account, name: account, host } }
  }

  async function identify (credentials: PumpioCredentials, context: PumpioContext): Promise<PumpioIdentity> {
    const known = hosts.parseAccount(credentials.account)
    const { host } = known
    const name = await accounts.watch(known, context, () => whoami(host, credentials, context))
    const account = accountText({ name, host })
    return { id: account, name: account, host }
  }

  async function whoami (host: string, token: Token, context: PumpioContext): Promise<string> {
    const first = await request(host, { method: 'GET', path: '/api/whoami' }, token, context)
    // A signature is valid for one URL, so the profile's URL needs its own.
    const path = profilePath(first, hosts.originOf(host))
    const response = path === undefined ? first : await request(host, { method: 'GET', path }, token, context)
    const { preferredUsername } = toResult(response, (response, now) => classify(response, now, ['preferredUsername']), host, context.now())
    if (/^[\w.-]{1,64}$/.test(preferredUsername)) return preferredUsername
    throw new ProviderError({ kind: 'malformed', reason: 'response names no account' }, host, response.status)
  }

  async function send (message: PumpioMessage, key: string, credentials: PumpioCredentials, context: PumpioContext) {
    const account = hosts.parseAccount(credentials.account)
    const { host, name } = account
    const session: PumpioSession = {
      host,
      name,
      origin: hosts.originOf(host),
      personId: hosts.personIdOf(account),
      request: (wanted) => accounts.watch(account, context, () => request(host, wanted, credentials, context))
    }
    const id = `urn:uuid:${key}`
    await sendPumpio(message, id, addresseesOf(credentials.audience ?? audience), session, context)
    return { id }
  }

  function addresseesOf (audience: PumpioAudience): Addressees {
    return typeof audience === 'string' ? audience : audience.map((each) => hosts.personIdOf(hosts.parseAccount(each)))
  }

  async function authorize (
    request: UnsignedRequest, credentials: PumpioCredentials, context: PumpioContext
  ): Promise<AuthorizedRequest> {
    const { host } = hosts.parseAccount(credentials.account)
    return authorizeRequest(request, hosts.originOf(host), keysOf(credentials), signer, context.now)
  }

  function request (
    host: string, { path, headers, ...rest }: Parameters<PumpioSession['request']>[0], token: Token, context: PumpioContext
  ): Promise<HttpResponse> {
    // With only `application/json`, version 6 would return ActivityStreams 2.
    const wanted: HttpRequest = { ...rest, url: `${hosts.originOf(host)}${path}`, headers: { ...headers, accept: '*/*' } }
    return signer.request(wanted, keysOf(token), context)
  }
}

type Token = Omit<NewToken, 'host'>

function keysOf ({ clientId, clientSecret, accessToken, accessTokenSecret }: Token): SigningKeys {
  return { clientId, clientSecret, token: accessToken, tokenSecret: accessTokenSecret }
}

/**
 * The target of whoami's redirect, if it is a profile of the same host. Behind a proxy, pump.io may redirect to http. Only the
 * host must match, and our own scheme stays.
 */
function profilePath ({ status, headers }: HttpResponse, origin: string): string | undefined {
  const location = headers['location']
  if (status < 300 || status >= 400 || location === undefined || !URL.canParse(location, origin)) return undefined
  const url = new URL(location, origin)
  if (url.host !== new URL(origin).host || !/^https?:$/.test(url.protocol)) return undefined
  return /^\/api\/user\/[\w.-]{1,64}\/profile$/.test(url.pathname) ? url.pathname : undefined
}

/** Only unambiguous refusals count, because a forwarded request may be refused for other reasons. */
function classifyCredentials (response: Pick<HttpResponse, 'status' | 'body'>): 'unauthorized' | null {
  const refusal = refusalOf(response)
  return refusal === 'token' || refusal === 'consumer' || refusal === 'nonce' ? 'unauthorized' : null
}

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
import type { FreshToken } from './handshake.ts'
import { createPumpioHandshake } from './handshake.ts'
import { classify, refusalOf } from './classify.ts'
import type { PumpioApplication } from './registration.ts'
import type { PumpioSession } from './send.ts'
import { sendPumpio } from './send.ts'
import type { SigningKeys } from './signer.ts'
import { createPumpioSigner } from './signer.ts'

export interface PumpioConfig {
  /** What hosts are told about us when they register us. */
  application: PumpioApplication
  /** `host` or `host:port` that are spoken to over plain http, and not guarded: for development. Default none. */
  insecureHosts?: readonly string[]
  /** Who sees what is sent, unless credentials say otherwise. Default `followers`. */
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

/** Throws TypeError for an insecure host that is none, ProviderError for an audience that is none. */
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
    idempotent: true as const,
    authorize,
    classifyCredentials
  }

  async function accept ({ host, ...fresh }: FreshToken, call: PumpioContext): Promise<PumpioGrant> {
    // Whoever was logged in at the host has allowed it, which need not be the account that was named.
    const name = await whoami(host, fresh, call)
    const account = accountText({ name, host })
    return { credentials: { account, ...fresh }, account: { id: account, name: account, host } }
  }

  async function identify (credentials: PumpioCredentials, call: PumpioContext): Promise<PumpioIdentity> {
    const known = hosts.parseAccount(credentials.account)
    const { host } = known
    const name = await accounts.watch(known, call, () => whoami(host, credentials, call))
    const account = accountText({ name, host })
    return { id: account, name: account, host }
  }

  async function whoami (host: string, token: Token, call: PumpioContext): Promise<string> {
    const first = await request(host, { method: 'GET', path: '/api/whoami' }, token, call)
    // A signature is for one URL, so the profile's needs its own.
    const path = profilePath(first, hosts.originOf(host))
    const answer = path === undefined ? first : await request(host, { method: 'GET', path }, token, call)
    const { preferredUsername } = toResult(answer, (answer, now) => classify(answer, now, ['preferredUsername']), host, call.now())
    if (/^[\w.-]{1,64}$/.test(preferredUsername)) return preferredUsername
    throw new ProviderError({ kind: 'malformed', reason: 'answer names no account' }, host, answer.status)
  }

  async function send (message: PumpioMessage, key: string, credentials: PumpioCredentials, call: PumpioContext) {
    const account = hosts.parseAccount(credentials.account)
    const { host, name } = account
    const session: PumpioSession = {
      host,
      name,
      origin: hosts.originOf(host),
      personId: hosts.personIdOf(account),
      request: (wanted) => accounts.watch(account, call, () => request(host, wanted, credentials, call))
    }
    const id = `urn:uuid:${key}`
    await sendPumpio(message, id, addresseesOf(credentials.audience ?? audience), session, call)
    return { id }
  }

  function addresseesOf (audience: PumpioAudience): Addressees {
    return typeof audience === 'string' ? audience : audience.map((each) => hosts.personIdOf(hosts.parseAccount(each)))
  }

  async function authorize (
    request: UnsignedRequest, credentials: PumpioCredentials, call: PumpioContext
  ): Promise<AuthorizedRequest> {
    const { host } = hosts.parseAccount(credentials.account)
    return authorizeRequest(request, hosts.originOf(host), keysOf(credentials), signer, call.now)
  }

  function request (
    host: string, { path, headers, ...rest }: Parameters<PumpioSession['request']>[0], token: Token, call: PumpioContext
  ): Promise<HttpResponse> {
    // With `application/json` alone, version 6 would answer in ActivityStreams 2.
    const wanted: HttpRequest = { ...rest, url: `${hosts.originOf(host)}${path}`, headers: { ...headers, accept: '*/*' } }
    return signer.request(wanted, keysOf(token), call)
  }
}

type Token = Omit<FreshToken, 'host'>

function keysOf ({ clientId, clientSecret, accessToken, accessTokenSecret }: Token): SigningKeys {
  return { clientId, clientSecret, token: accessToken, tokenSecret: accessTokenSecret }
}

/**
 * Where whoami sends us, if that is a profile of the same host. Behind a proxy pump.io may call itself http: what counts
 * is the host, and the scheme stays ours.
 */
function profilePath ({ status, headers }: HttpResponse, origin: string): string | undefined {
  const location = headers['location']
  if (status < 300 || status >= 400 || location === undefined || !URL.canParse(location, origin)) return undefined
  const url = new URL(location, origin)
  if (url.host !== new URL(origin).host || !/^https?:$/.test(url.protocol)) return undefined
  return /^\/api\/user\/[\w.-]{1,64}\/profile$/.test(url.pathname) ? url.pathname : undefined
}

/** Only what says so beyond doubt: a forwarded request may be refused for reasons of its own. */
function classifyCredentials (answer: Pick<HttpResponse, 'status' | 'body'>): 'unauthorized' | null {
  const refusal = refusalOf(answer)
  return refusal === 'token' || refusal === 'consumer' || refusal === 'nonce' ? 'unauthorized' : null
}

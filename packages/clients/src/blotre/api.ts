import type { HttpContext, ToError } from '@carillon/http'
import {
  decodeBody, maxTokenResponseBytes, parseJson, parseTokenBody, ProviderError, requestToken, sendRequest
} from '@carillon/http'
import { errorOf, classify, classifyToken } from './classify.ts'
import type { BlotreToken } from './objects.ts'
import type { BlotreRequest } from './requests.ts'
import { RestError } from './rest-error.ts'
import { TokenEndpointError } from './token-endpoint-error.ts'

/** A client at Blot're. `own` is a disposable one, which belongs to one connection; `shared` serves many. */
export interface BlotreClientIdentity {
  id: string
  secret: string
  kind: 'own' | 'shared'
}

export type BlotreGrant =
  | { grant_type: 'authorization_code', code: string, redirect_uri: string }
  | { grant_type: 'refresh_token', refresh_token: string }
  | { grant_type: typeof oneTimeCodeGrant, code: string }

export const oneTimeCodeGrant = 'https://oauth2grant.blot.re/onetime_code'

/** The one way to talk to Blot're, for the provider and for the client of the library. */
export interface BlotreApi {
  /** Base URL, without a slash at its end. */
  readonly url: string
  readonly authorizeUrl: string
  readonly tokenUrl: string
  /** Where a user enters a one-time code. */
  readonly redeemUrl: string
  /** Throws RestError for a refusal, ProviderError when no answer came or none that makes sense. */
  request: <T>(request: BlotreRequest<T>, accessToken: string | undefined, call: HttpContext) => Promise<T>
  /** Throws TokenEndpointError for a refusal, else as `perform`. */
  obtainToken: (client: BlotreClientIdentity, grant: BlotreGrant, call: HttpContext) => Promise<BlotreToken>
}

/** `baseUrl` is without `/v0`. Opens nothing; throws TypeError when it is no http(s) URL. */
export function createBlotreApi (baseUrl: string): BlotreApi {
  if (!/^https?:$/.test(new URL(baseUrl).protocol)) throw new TypeError('the URL of Blot\'re is neither http nor https')
  const url = baseUrl.replace(/\/+$/, '')
  const tokenUrl = `${url}/v0/oauth2/access_token`

  return {
    url,
    authorizeUrl: `${url}/v0/oauth2/authorize`,
    tokenUrl,
    redeemUrl: `${url}/v0/oauth2/redeem`,

    async request ({ method, path, content, read, secret }, accessToken, call) {
      const headers: Record<string, string> = { accept: 'application/json' }
      if (accessToken !== undefined) headers.authorization = `Bearer ${accessToken}`
      if (content !== undefined) headers['content-type'] = 'application/json'
      const body = content === undefined ? {} : { body: JSON.stringify(content) }
      return await sendRequest(
        { method, url: `${url}${path}`, headers, ...body }, (answer, now) => classify(answer, now, read), call, {},
        toRestError([accessToken, secret]))
    },

    async obtainToken (client, grant, call) {
      // A form, with the client's credentials inside: JSON, query parameters and Basic are not read.
      const endpoint = { url: tokenUrl, clientId: client.id, clientSecret: client.secret, credentials: 'body', format: 'form' } as const
      return await requestToken(
        endpoint, { ...grant }, (answer, now) => classifyToken(answer, now, client.kind), call,
        toTokenError([client.secret, 'code' in grant ? grant.code : grant.refresh_token]))
    }
  }
}

type Secrets = Array<string | undefined>

function toRestError (secrets: Secrets): ToError {
  return (failure, host, { status, body }) => {
    if (status < 400) return new ProviderError(failure, host, status)
    const { error, details } = errorOf(parseJson(without(secrets, body)))
    return new RestError(failure, host, status, error, details)
  }
}

function toTokenError (secrets: Secrets): ToError {
  return (failure, host, { status, headers, body }) => {
    const decoded = decodeBody({ headers, body }, maxTokenResponseBytes)
    const json = parseTokenBody({ headers: {}, body: Buffer.from(without(secrets, decoded)) })
    if (json === undefined || typeof json.error !== 'string') return new ProviderError(failure, host, status)
    const description = typeof json.error_description === 'string' ? json.error_description : ''
    return new TokenEndpointError(failure, host, status, json.error, description)
  }
}

/** A server that repeats what it was sent must not make an error of ours tell it. */
function without (secrets: Secrets, body: Buffer): string {
  // Blot're's own have 8 characters and more. What is shorter is found in ordinary words, and is no secret.
  const real = secrets.flatMap((secret) => secret !== undefined && secret.length >= 8 ? [secret] : [])
  return real.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), body.toString())
}

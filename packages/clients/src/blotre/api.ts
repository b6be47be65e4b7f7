import type { HttpContext, ToError } from '@carillon/http'
import {
  decodeBody, maxTokenResponseBytes, parseJson, parseTokenBody, ProviderError, requestToken, sendRequest
} from '@carillon/http'
import { errorOf, classify, classifyToken } from './classify.ts'
import type { BlotreToken } from './objects.ts'
import type { BlotreRequest } from './requests.ts'
import { RestError } from './rest-error.ts'
import { TokenEndpointError } from './token-endpoint-error.ts'

/** An OAuth client at Blot're. `own` is a disposable one, which belongs to one connection. `shared` serves many connections. */
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

/** Sends all requests to Blot're, for the provider and for the client of the library. */
export interface BlotreApi {
  /** The base URL, without a trailing slash. */
  readonly url: string
  readonly authorizeUrl: string
  readonly tokenUrl: string
  /** The page on which a user enters a one-time code. */
  readonly redeemUrl: string
  /** Throws RestError for a refusal, and ProviderError without a valid response. */
  request: <T>(request: BlotreRequest<T>, accessToken: string | undefined, context: HttpContext) => Promise<T>
  /** Throws TokenEndpointError for a refusal, otherwise like `request`. */
  obtainToken: (client: BlotreClientIdentity, grant: BlotreGrant, context: HttpContext) => Promise<BlotreToken>
}

/** `baseUrl` excludes `/v0`. Throws TypeError when it is not an http(s) URL. */
export function createBlotreApi (baseUrl: string): BlotreApi {
  if (!/^https?:$/.test(new URL(baseUrl).protocol)) throw new TypeError('the URL of Blot\'re is neither http nor https')
  const url = baseUrl.replace(/\/+$/, '')
  const tokenUrl = `${url}/v0/oauth2/access_token`

  return {
    url,
    authorizeUrl: `${url}/v0/oauth2/authorize`,
    tokenUrl,
    redeemUrl: `${url}/v0/oauth2/redeem`,

    async request ({ method, path, content, read, secret }, accessToken, context) {
      const headers: Record<string, string> = { accept: 'application/json' }
      if (accessToken !== undefined) headers.authorization = `Bearer ${accessToken}`
      if (content !== undefined) headers['content-type'] = 'application/json'
      const body = content === undefined ? {} : { body: JSON.stringify(content) }
      return await sendRequest(
        { method, url: `${url}${path}`, headers, ...body }, (response, now) => classify(response, now, read), context, {},
        toRestError([accessToken, secret]))
    },

    async obtainToken (client, grant, context) {
      // Blot're only reads a form that contains the client's credentials: no JSON, query parameters or Basic authentication.
      const endpoint = { url: tokenUrl, clientId: client.id, clientSecret: client.secret, credentials: 'body', format: 'form' } as const
      return await requestToken(
        endpoint, { ...grant }, (response, now) => classifyToken(response, now, client.kind), context,
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

/** Removes secrets, because a server may repeat a request in its response and an error must not reveal them. */
function without (secrets: Secrets, body: Buffer): string {
  // Blot're's secrets have at least 8 characters. Shorter ones may be parts of ordinary words, and are no secrets.
  const real = secrets.flatMap((secret) => secret !== undefined && secret.length >= 8 ? [secret] : [])
  return real.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), body.toString())
}

import {
  allowInsecureRequests, clockSkew, clockTolerance, Configuration, customFetch, discovery, enableNonRepudiationChecks,
  getJwksCache, setJwksCache
} from 'openid-client'
import type { ClientAuth, ServerMetadata } from 'openid-client'
import { classifyForeign, isLoopback, isPage, parseJsonObject, ProviderError } from '@carillon/http'
import type { Classification, HttpContext, HttpResponse } from '@carillon/http'
import type { ServiceConfig } from '../config/service-config.ts'
import { createClientAuth } from './client-auth.ts'
import { classifyRevocation, readTokenContent } from './read-token-content.ts'
import type { TokenPurpose } from './read-token-content.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import { toProviderError } from './to-provider-error.ts'

/** The authorization server of a service. */
export interface AuthorizationServer {
  host: string
  metadata: (context: HttpContext) => Promise<ServerMetadata>
  /** Runs `work` with openid-client's configuration. Every error is a ProviderError. */
  run: <T>(context: HttpContext, purpose: Purpose, work: (configuration: Configuration) => Promise<T>) => Promise<T>
}

export interface Purpose {
  request: TokenPurpose
  /** Receives a token response before openid-client checks it. */
  onToken?: (content: Record<string, unknown>) => void
}

interface Discovered {
  metadata: ServerMetadata
  atMs: number
}

/** Metadata may change, for example when a server begins to require `iss`. */
const maxAgeMs = 24 * 60 * 60 * 1_000
/** After a failed discovery, the last metadata stays in use this long before the next attempt. */
const retryMs = 5 * 60 * 1_000
/** For the clocks of both sides. */
const toleranceSeconds = 60

export function createAuthorizationServer (config: ServiceConfig): AuthorizationServer {
  const { server, client, authorization } = config
  const { issuer, endpoints } = server
  const base = issuer ?? endpoints.token_endpoint ?? endpoints.authorization_endpoint ?? ''
  const { host } = new URL(base)
  let known: Discovered | undefined
  let auth: Promise<ClientAuth> | undefined
  let keys: ReturnType<typeof getJwksCache>

  return { host, metadata: findMetadata, run }

  async function run<T> (context: HttpContext, purpose: Purpose, work: (configuration: Configuration) => Promise<T>): Promise<T> {
    const metadata = await findMetadata(context)
    const skew = Math.round((context.now() - Date.now()) / 1_000)
    const clientMetadata = { [clockSkew]: skew, [clockTolerance]: toleranceSeconds }
    auth ??= createClientAuth(client)
    const configuration = new Configuration(metadata, client.id, clientMetadata, await auth)
    configuration[customFetch] = createGuardedFetch(context, (url, response, now) =>
      classify(metadata, purpose, url, response, now))
    if (issuer !== undefined && metadata.jwks_uri !== undefined) enableNonRepudiationChecks(configuration)
    if (keys !== undefined) setJwksCache(configuration, keys)
    if (isLoopback(new URL(base).hostname)) allowInsecureRequests(configuration)
    try {
      return await work(configuration)
    } catch (error) {
      throw toProviderError(error, host)
    } finally {
      keys = getJwksCache(configuration) ?? keys
    }
  }

  async function findMetadata (context: HttpContext): Promise<ServerMetadata> {
    if (server.discovery === 'off') return toMetadata({})
    const now = context.now()
    if (known !== undefined && now - known.atMs < maxAgeMs) return known.metadata
    try {
      const metadata = toMetadata(await discover(context))
      if (known !== undefined) assertSameOrigins(known.metadata, metadata)
      known = { metadata, atMs: now }
    } catch (error) {
      if (known === undefined) throw toProviderError(error, host)
      known = { ...known, atMs: now - maxAgeMs + retryMs }
    }
    return known.metadata
  }

  async function discover (context: HttpContext): Promise<ServerMetadata> {
    const found = await discovery(new URL(base), client.id, {}, undefined, {
      algorithm: server.discovery === 'oauth2' ? 'oauth2' : 'oidc',
      [customFetch]: createGuardedFetch(context, (_url, response, now) => readObject(response, now)),
      execute: isLoopback(new URL(base).hostname) ? [allowInsecureRequests] : []
    })
    return { ...found.serverMetadata() }
  }

  function toMetadata (found: Partial<ServerMetadata>): ServerMetadata {
    const metadata: ServerMetadata = {
      ...found,

      // The document's spelling: it may differ from the configured one by a trailing slash, and tokens contain it.
      issuer: found.issuer ?? issuer ?? new URL(base).origin,
      ...endpoints,
      ...authorization.requiresIss && { authorization_response_iss_parameter_supported: true }
    }
    for (const name of ['authorization_endpoint', 'token_endpoint', ...config.identity.from === 'userinfo' ? ['userinfo_endpoint'] : []]) {
      if (typeof metadata[name] === 'string') continue
      throw new ProviderError({ kind: 'misconfigured', reason: `the metadata has no ${name}; add it to the configuration` }, host)
    }
    return metadata
  }

  function classify (
    metadata: ServerMetadata, { request, onToken }: Purpose, url: string, response: HttpResponse, now: number
  ): Classification<unknown> {
    if (url === metadata.jwks_uri) return readObject(response, now)
    if (request === 'revocation') return classifyRevocation(response, now)
    const content = readTokenContent(response, now, request, config)
    if (content.kind !== 'ok') return content
    onToken?.(content.value)
    // The response may be the only copy of the new tokens, so a wrong id_token must not lose them: see `refresh`.
    const { id_token: _, ...tokens } = content.value
    return request === 'refresh' ? { kind: 'ok', value: tokens } : content
  }

  /** The client's secret goes to these endpoints. An operator must confirm a move by a restart. */
  function assertSameOrigins (before: ServerMetadata, after: ServerMetadata): void {
    for (const name of ['token_endpoint', 'revocation_endpoint', 'userinfo_endpoint'] as const) {
      const [one, other] = [before[name], after[name]]
      if (one === undefined || other === undefined || new URL(one).origin === new URL(other).origin) continue
      throw new ProviderError({ kind: 'misconfigured', reason: `the metadata moves the ${name} to another origin` }, host)
    }
  }
}

function readObject (response: HttpResponse, now: number): Classification<unknown> {
  const json = response.status === 200 && !isPage(response) ? parseJsonObject(response.body) : undefined
  return json === undefined ? classifyForeign(response, now) : { kind: 'ok', value: json }
}

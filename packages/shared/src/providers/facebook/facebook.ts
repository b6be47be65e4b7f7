import { parseAccessToken } from '../oauth2/parse-access-token.ts'
import { joinBase, parseJson, ProviderError, withoutParameters } from '@carillon/http'
import { createFacebookApi, secretParameters } from './api.ts'
import { createInsights } from './insights.ts'
import { errorIn, classify, classifyError, classifyToken } from './classify.ts'
import { createInboundReader } from './inbound.ts'
import { readPermissions, readSuccess, readToken, readTokenFacts, readUser } from './objects.ts'
import type { TokenAnswer } from './objects.ts'
import type { HttpResponse } from '@carillon/http'
import type { Account, Grant } from '../credentials.ts'
import type { Authorized, ForwardedRequest, Refreshed } from '../capabilities.ts'
import type { RequestContext } from '../request-context.ts'
import type { ProviderClient } from '../define-provider.ts'
import type { FacebookCredentials } from './credentials.ts'

export interface FacebookConfig {
  clientId: string
  clientSecret: string
  /** The base URLs for browsers and for API requests, without a version. */
  wwwUrl: string
  graphUrl: string
  /** For example `v26.0`. Facebook serves the oldest available version instead of a retired one. */
  version: string
  /** The permissions to request. */
  scope: readonly string[]
}

/** Throws TypeError for an invalid base URL or version. */
export function createFacebook (config: FacebookConfig): ProviderClient<FacebookCredentials> {
  const api = createFacebookApi({ ...config, app: config })
  const { host, origin } = api
  const graphUrl = config.graphUrl.replace(/\/+$/, '')

  return {
    origins: [origin],
    handshakes: {
      code: {
        clientId: config.clientId,
        clientSecret: config.clientSecret,
        authorizeUrl: api.authorizeUrl,
        tokenUrl: api.tokenUrl,
        tokenRequest: { credentials: 'body', format: 'form' },
        scope: [...config.scope],
        scopeSeparator: ',',
        correlation: 'state',
        // Otherwise Facebook does not ask the user again for declined permissions.
        consentPromptParameters: { auth_type: 'rerequest' },
        accept,
        classifyRefusal: (response, now) => {
          const classified = classifyToken(response, now, () => undefined)
          return classified.kind === 'ok' ? { kind: 'malformed', reason: 'response is not what was requested' } : classified
        }
      }
    },
    parseCredentials: (value) => parseAccessToken(value, host),
    identify,
    refreshAheadMs,
    refresh,
    // Facebook cannot revoke a single token.
    revokes: 'account',
    revoke,
    authorize,
    classifyCredentials,
    pull: createInsights(api),
    inbound: createInboundReader(config.clientSecret, host)
  }

  /** The token from the code lasts only hours, so it is exchanged for a long-lived one immediately. */
  async function accept (token: Record<string, unknown>, context: RequestContext): Promise<Grant<FacebookCredentials>> {
    const { credentials, expiresAt } = await refresh(parseAccessToken({ accessToken: token['access_token'] }, host), context)
    const account = await identify(credentials, context)
    const permissions = await api.request('GET', '/me/permissions', {}, credentials.accessToken, readPermissions, context)
    const granted = new Set(permissions.filter(({ isGranted }) => isGranted).map(({ name }) => name))
    const missingPermissions = config.scope.filter((name) => !granted.has(name))
    return { credentials, account, missingPermissions, ...expiresAt === undefined ? {} : { expiresAt } }
  }

  /** Facebook responds to a token of another app too, which would not prove what this user has granted to Carillon. */
  async function identify ({ accessToken }: FacebookCredentials, context: RequestContext): Promise<Account> {
    const facts = await api.debug(accessToken, readTokenFacts, context)
    const { appId, error, isValid, userId } = facts
    if (error !== undefined) throw new ProviderError(classifyError(error, { status: 400, headers: {} }, context.now()), host)
    if (!isValid) throw new ProviderError({ kind: 'unauthorized', reason: 'access token is not valid' }, host)
    if (appId !== config.clientId) throw new ProviderError({ kind: 'unauthorized', reason: 'access token is another app\'s' }, host)
    const user = await api.request('GET', '/me', { fields: 'id,name' }, accessToken, readUser, context)
    if (user.id !== userId) throw new ProviderError({ kind: 'malformed', reason: 'responses name two users' }, host)
    return user
  }

  async function refresh (
    { accessToken }: FacebookCredentials, context: RequestContext
  ): Promise<Refreshed<FacebookCredentials>> {
    const token = await api.obtainToken({ grant_type: 'fb_exchange_token', fb_exchange_token: accessToken }, readToken, context)
    const expiresAt = expiryOf(token, context.now())
    const credentials = parseAccessToken({ accessToken: token.accessToken }, host)
    return { credentials, ...expiresAt === undefined ? {} : { expiresAt } }
  }

  async function revoke ({ accessToken }: FacebookCredentials, context: RequestContext): Promise<void> {
    try {
      await api.request('DELETE', '/me/permissions', {}, accessToken, readSuccess, context)
    } catch (error) {
      // A token that Facebook refuses counts as revoked.
      if (!(error instanceof ProviderError) || error.failure.kind !== 'unauthorized') throw error
    }
  }

  async function authorize ({ path, form }: ForwardedRequest, { accessToken }: FacebookCredentials): Promise<Authorized> {
    const url = joinBase(graphUrl, path)
    if (url === undefined) throw refusal('path leads elsewhere')
    const fields = new URLSearchParams(form ?? '')
    if (secretParameters.some((name) => fields.has(name))) throw refusal('a form must not bring a token or a proof of its own')
    const proof = api.proofOf(accessToken)
    // The proof comes first, so the rest of the query stays unchanged.
    url.search = `?appsecret_proof=${proof}${withoutParameters(url.search, secretParameters).replace('?', '&')}`
    // The URL of the response's next page contains both.
    return { url: url.href, headers: { authorization: `Bearer ${accessToken}` }, conceal: [accessToken, proof] }
  }

  function refusal (reason: string): ProviderError {
    return new ProviderError({ kind: 'rejected', reason }, host)
  }

  function classifyCredentials (response: HttpResponse): 'unauthorized' | null {
    if (errorIn(parseJson(response.body)) === undefined) return null
    return classify(response, 0, () => true).kind === 'unauthorized' ? 'unauthorized' : null
  }
}

/** Of about 60 days. The maintainer refreshes in the second half of this time, so a week remains for retries. */
const refreshAheadMs = 14 * 24 * 3_600_000

function expiryOf ({ expiresIn }: TokenAnswer, now: number): Date | undefined {
  return expiresIn === undefined ? undefined : new Date(now + expiresIn * 1_000)
}

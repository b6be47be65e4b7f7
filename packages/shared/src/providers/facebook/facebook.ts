import { parseAccessToken } from '../oauth2/parse-access-token.ts'
import { joinBase, parseJson, withoutParameters } from '../../http/index.ts'
import { createFacebookApi, secretParameters } from './api.ts'
import { createInsights } from './insights.ts'
import { errorIn, classify, classifyError, classifyToken } from './classify.ts'
import { readSignedRequest } from './signed-request.ts'
import { readPermissions, readSuccess, readToken, readTokenFacts, readUser } from './objects.ts'
import type { TokenAnswer } from './objects.ts'
import type { HttpResponse } from '../../http/index.ts'
import type { Account, Grant } from '../credentials.ts'
import type { Authorized, ForwardedRequest, Refreshed } from '../capabilities.ts'
import type { RequestContext } from '../request-context.ts'
import type { ProviderClient } from '../define-provider.ts'
import { ProviderError } from '../provider-error.ts'
import type { FacebookCredentials } from './credentials.ts'

export interface FacebookConfig {
  clientId: string
  clientSecret: string
  /** Where browsers go, and where programs do; both without a version. */
  wwwUrl: string
  graphUrl: string
  /** Such as `v26.0`. Facebook takes a version that it has ended for the oldest that it still has. */
  version: string
  /** Permissions to ask for. */
  scope: readonly string[]
}

/** Throws TypeError for a base URL or a version that is none. */
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
        // Without it the user is not asked again for what they have declined before.
        askAgain: { auth_type: 'rerequest' },
        accept,
        classifyRefusal: (answer, now) => {
          const judgement = classifyToken(answer, now, () => undefined)
          return judgement.kind === 'ok' ? { kind: 'malformed', reason: 'answer is not what was asked for' } : judgement
        }
      }
    },
    parseCredentials: (value) => parseAccessToken(value, host),
    identify,
    refreshAheadMs,
    refresh,
    // There is no ending a single token.
    revokes: 'account',
    revoke,
    authorize,
    classifyCredentials,
    pull: createInsights(api),
    notices: { field: 'signed_request', read: (signed) => readSignedRequest(signed, config.clientSecret, host) }
  }

  /** What the code brought lasts for hours. It is exchanged at once: later it may be too late. */
  async function accept (answer: Record<string, unknown>, call: RequestContext): Promise<Grant<FacebookCredentials>> {
    const { credentials, expiresAt } = await refresh(parseAccessToken({ accessToken: answer['access_token'] }, host), call)
    const account = await identify(credentials, call)
    const permissions = await api.request('GET', '/me/permissions', {}, credentials.accessToken, readPermissions, call)
    const granted = new Set(permissions.filter(({ isGranted }) => isGranted).map(({ name }) => name))
    const missingPermissions = config.scope.filter((name) => !granted.has(name))
    return { credentials, account, missingPermissions, ...expiresAt === undefined ? {} : { expiresAt } }
  }

  /** A token that was made for another app would be answered as well, and would say nothing of who has allowed us what. */
  async function identify ({ accessToken }: FacebookCredentials, call: RequestContext): Promise<Account> {
    const facts = await api.debug(accessToken, readTokenFacts, call)
    const { appId, error, isValid, userId } = facts
    if (error !== undefined) throw new ProviderError(classifyError(error, { status: 400, headers: {} }, call.now()), host)
    if (!isValid) throw new ProviderError({ kind: 'unauthorized', reason: 'access token is not valid' }, host)
    if (appId !== config.clientId) throw new ProviderError({ kind: 'unauthorized', reason: 'access token is another app\'s' }, host)
    const user = await api.request('GET', '/me', { fields: 'id,name' }, accessToken, readUser, call)
    if (user.id !== userId) throw new ProviderError({ kind: 'malformed', reason: 'answers name two users' }, host)
    return user
  }

  async function refresh ({ accessToken }: FacebookCredentials, call: RequestContext): Promise<Refreshed<FacebookCredentials>> {
    const token = await api.obtainToken({ grant_type: 'fb_exchange_token', fb_exchange_token: accessToken }, readToken, call)
    const expiresAt = expiryOf(token, call.now())
    const credentials = parseAccessToken({ accessToken: token.accessToken }, host)
    return { credentials, ...expiresAt === undefined ? {} : { expiresAt } }
  }

  async function revoke ({ accessToken }: FacebookCredentials, call: RequestContext): Promise<void> {
    try {
      await api.request('DELETE', '/me/permissions', {}, accessToken, readSuccess, call)
    } catch (error) {
      // A token that it does not take any more opens nothing, and that was to be achieved.
      if (!(error instanceof ProviderError) || error.failure.kind !== 'unauthorized') throw error
    }
  }

  async function authorize ({ path, form }: ForwardedRequest, { accessToken }: FacebookCredentials): Promise<Authorized> {
    const url = joinBase(graphUrl, path)
    if (url === undefined) throw refusal('path leads elsewhere')
    const fields = new URLSearchParams(form ?? '')
    if (secretParameters.some((name) => fields.has(name))) throw refusal('a form must not bring a token or a proof of its own')
    const proof = api.proofOf(accessToken)
    // In front, so that what was asked for stays as it was written.
    url.search = `?appsecret_proof=${proof}${withoutParameters(url.search, secretParameters).replace('?', '&')}`
    // The address of an answer's next page holds both.
    return { url: url.href, headers: { authorization: `Bearer ${accessToken}` }, conceal: [accessToken, proof] }
  }

  function refusal (reason: string): ProviderError {
    return new ProviderError({ kind: 'rejected', reason }, host)
  }

  function classifyCredentials (answer: HttpResponse): 'unauthorized' | null {
    if (errorIn(parseJson(answer.body)) === undefined) return null
    return classify(answer, 0, () => true).kind === 'unauthorized' ? 'unauthorized' : null
  }
}

/** Of sixty days. The maintainer begins somewhere in the second half, so a week is left to come back to what fails. */
const refreshAheadMs = 14 * 24 * 3_600_000

function expiryOf ({ expiresIn }: TokenAnswer, now: number): Date | undefined {
  return expiresIn === undefined ? undefined : new Date(now + expiresIn * 1_000)
}

import type { Classification, Failure, HttpResponse, TokenResponse } from '@carillon/http'
import { classifyForeign, classifyStatus, parseTokenBody, readTokenResponse, requestToken, tokenErrorOf } from '@carillon/http'
import type { RequestContext } from '../request-context.ts'
import type { CodeHandshake } from '../handshakes.ts'

/**
 * Exchanges an authorization code for a token (RFC 6749 §4.1.3). Throws ProviderError, with `rejected` when the endpoint
 * refuses the code.
 */
export async function exchangeCode (
  code: CodeHandshake, given: { code: string, redirectUri: string }, context: Pick<RequestContext, 'http' | 'signal' | 'now'>
): Promise<TokenResponse> {
  const { tokenUrl: url, tokenRequest, clientId, clientSecret } = code
  const parameters = { grant_type: 'authorization_code', code: given.code, redirect_uri: given.redirectUri }
  return await requestToken({ url, clientId, clientSecret, ...tokenRequest }, parameters, (response, now) => {
    const token = response.status >= 200 && response.status < 300 ? readTokenResponse(parseTokenBody(response)) : undefined
    return token === undefined ? classifyRefusal(code, response, now) : { kind: 'ok', value: token }
  }, context)
}

function classifyRefusal (code: CodeHandshake, response: HttpResponse, now: number): Classification<never> {
  return code.classifyRefusal?.(response, now) ?? classifyTokenRefusal(response, now)
}

/**
 * Classifies a response of a token endpoint without a token, by RFC 6749 §5.2. Some endpoints send errors with status 200. A
 * refused client concerns all users, and only an operator can fix it, unless the server registered the client and forgot it.
 */
export function classifyTokenRefusal (response: HttpResponse, now: number, { isRegistered = false } = {}): Failure {
  const error = tokenErrorOf(response)
  if (error === undefined) return classifyForeign(response, now)
  const failure = classifyStatus(response, now)
  if (failure !== undefined) return failure
  return !isRegistered && clientErrors.includes(error)
    ? { kind: 'misconfigured', reason: `the token endpoint does not accept our client (${error}); check its id and secret` }
    : { kind: 'rejected', reason: 'token endpoint refused the request' }
}

/** The errors of RFC 6749 §5.2 that concern the client. */
export const clientErrors: readonly string[] = ['invalid_client', 'unauthorized_client']

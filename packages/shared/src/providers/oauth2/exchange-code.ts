import type { Classification } from '../send-request.ts'
import { classifyForeign, classifyStatus } from '../../http/index.ts'
import type { HttpResponse, Failure } from '../../http/index.ts'
import type { RequestContext } from '../request-context.ts'
import type { CodeHandshake } from '../handshakes.ts'
import { parseTokenBody, readTokenResponse } from './token-response.ts'
import type { TokenResponse } from './token-response.ts'
import { requestToken } from './request-token.ts'

/**
 * Exchanges an authorization code for what the token endpoint gives (RFC 6749 §4.1.3). Throws ProviderError: `rejected` when the
 * endpoint refuses the code.
 */
export async function exchangeCode (
  code: CodeHandshake, given: { code: string, redirectUri: string }, call: Pick<RequestContext, 'http' | 'signal' | 'now'>
): Promise<TokenResponse> {
  const { tokenUrl: url, tokenRequest, clientId, clientSecret } = code
  const parameters = { grant_type: 'authorization_code', code: given.code, redirect_uri: given.redirectUri }
  return await requestToken({ url, clientId, clientSecret, ...tokenRequest }, parameters, (answer, now) => {
    const token = answer.status >= 200 && answer.status < 300 ? readTokenResponse(parseTokenBody(answer)) : undefined
    return token === undefined ? classifyRefusal(code, answer, now) : { kind: 'ok', value: token }
  }, call)
}

function classifyRefusal (code: CodeHandshake, answer: HttpResponse, now: number): Classification<never> {
  return code.classifyRefusal?.(answer, now) ?? classifyTokenRefusal(answer, now)
}

/** Classifies a response of a token endpoint that carries no token, by RFC 6749 §5.2. Some endpoints send errors with 200. */
export function classifyTokenRefusal (answer: HttpResponse, now: number): Failure {
  const error = tokenErrorOf(answer)
  if (error === undefined) return classifyForeign(answer, now)
  return classifyStatus(answer, now) ?? { kind: 'rejected', reason: 'token endpoint refused the request' }
}

/** The `error` of RFC 6749 §5.2, such as `invalid_grant`. A gateway's `{"error":"Forbidden"}` is none. */
export function tokenErrorOf (answer: Pick<HttpResponse, 'headers' | 'body'>): string | undefined {
  const error = parseTokenBody(answer)?.['error']
  return typeof error === 'string' && /^[a-z]+(_[a-z]+)*$/.test(error) ? error : undefined
}

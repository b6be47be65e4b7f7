import { classifyForeign, classifyStatus, isPage, parseTokenBody, readTokenResponse, tokenErrorOf } from '@carillon/http'
import type { Classification, Failure, HttpResponse } from '@carillon/http'
import { classifyTokenRefusal, clientErrors } from '../../oauth2/exchange-code.ts'
import type { ServiceConfig } from '../config/service-config.ts'
import { readTextAt } from '../json-pointer.ts'

export type TokenPurpose = 'exchange' | 'refresh' | 'revocation'

type TokenRules = Pick<ServiceConfig, 'tokenErrorPointer' | 'authorization' | 'server'>

/**
 * The content of a token response as RFC 6749 §5.1 describes it, whatever its content type. Invalid members are left out, because
 * the response may be the only copy of the new tokens.
 */
export function readTokenContent (
  response: HttpResponse, now: number, purpose: TokenPurpose, rules: TokenRules
): Classification<Record<string, unknown>> {
  const { status } = response
  const body = parseTokenBody(response)
  const stated = rules.tokenErrorPointer === undefined ? undefined : readTextAt(body, rules.tokenErrorPointer)
  if (status < 200 || status >= 300 || stated !== undefined) {
    return classifyRefusal(response, stated ?? tokenErrorOf(response), purpose, now)
  }
  const token = readTokenResponse(body)
  if (token === undefined) return classifyRefusal(response, tokenErrorOf(response), purpose, now)
  const { id_token: idToken, ...others } = token
  return {
    kind: 'ok',
    value: {
      ...others,
      token_type: rules.authorization.tokenType === 'any' || others['token_type'] === undefined ? 'bearer' : others['token_type'],
      // Without an issuer, an id_token cannot be checked.
      ...rules.server.issuer !== undefined && typeof idToken === 'string' && { id_token: idToken }
    }
  }
}

/** RFC 7009 §2.2: the server also confirms tokens that it does not know. */
export function classifyRevocation (response: HttpResponse, now: number): Classification<unknown> {
  if (response.status === 200 && !isPage(response)) return { kind: 'ok', value: {} }
  return classifyRefusal(response, tokenErrorOf(response), 'revocation', now)
}

/** RFC 6749 §5.2. An error of the client concerns all users, and only an operator can fix it. */
function classifyRefusal (response: HttpResponse, error: string | undefined, purpose: TokenPurpose, now: number): Failure {
  if (error === undefined) return classifyForeign(response, now)
  const failure = classifyStatus(response, now)
  if (failure !== undefined) return failure
  if (clientErrors.includes(error)) {
    return { kind: 'misconfigured', reason: `the token endpoint does not accept the client (${error}); check clientId, clientSecret and tokenAuthMethod` }
  }
  if (purpose === 'refresh' && deadTokens.includes(error)) return { kind: 'unauthorized', reason: `refresh token is not accepted (${error})` }
  return classifyTokenRefusal(response, now)
}

/** `invalid_refresh_token` and `token_revoked` are those of a service with status 200 for errors. */
const deadTokens = ['invalid_grant', 'invalid_refresh_token', 'token_revoked', 'token_expired']

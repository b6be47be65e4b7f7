import { ProviderError } from '@carillon/http'
import type { Failure } from '@carillon/http'

/**
 * Converts an error of openid-client. Its own messages and causes may contain tokens, so only its code is kept. Our `fetch`
 * throws ProviderError, which openid-client wraps.
 */
export function toProviderError (error: unknown, host: string): unknown {
  const found = causes(error).find((each) => each instanceof ProviderError)
  if (found !== undefined) return found
  const codes = causes(error).flatMap((each) => 'code' in each && typeof each.code === 'string' ? [each.code] : [])
  const [code] = codes
  if (code === undefined && !(error instanceof TypeError)) return error
  return new ProviderError(toFailure(causes(error).map(({ name }) => name), code), host)
}

function toFailure (names: string[], code = 'invalid metadata'): Failure {
  if (names.includes('AuthorizationResponseError')) return { kind: 'rejected', reason: 'the callback carries an error' }
  if (code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED') return { kind: 'misconfigured', reason: 'the metadata names another issuer' }
  if (code === 'OAUTH_MISSING_SERVER_METADATA' || code === 'ERR_INVALID_ARG_VALUE') return { kind: 'misconfigured', reason: `the metadata is incomplete (${code})` }
  return { kind: 'rejected', reason: `the response fails a check (${code})` }
}

/** The error and all its causes. Some causes are plain objects. */
function causes (error: unknown): Error[] {
  const found: Error[] = []
  for (let next = error; next instanceof Error && found.length < 5; next = next.cause) found.push(next)
  return found
}

import { ProviderError } from '@carillon/shared/providers'
import type { CodeHandshake } from '@carillon/shared/providers'
import { HandshakeFailure } from '../handshake-failure.ts'
import { completeFailure } from '../provider-failure.ts'
import type { Reason } from '../reasons.ts'

/** What it means that the token endpoint gave no token. Its own words are left out: they may repeat the code, or a token. */
export function exchangeFailure (error: unknown, code: CodeHandshake, now: number): HandshakeFailure {
  return ownFailure(error, code, now) ?? commonFailure(error)
}

/** Where errors are not those of RFC 6749 the provider's client knows them. */
function ownFailure (error: unknown, code: CodeHandshake, now: number): HandshakeFailure | undefined {
  if (code.judgeRefusal === undefined || !isClientError(error) || error.data?.isResponseError !== true) return undefined
  const { res, payload } = error.data
  if (res === undefined) return undefined
  const body = Buffer.from(typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload ?? null))
  const verdict = code.judgeRefusal({ status: res.statusCode, headers: {}, body }, now)
  return completeFailure(new ProviderError(verdict, new URL(code.tokenUrl).host, res.statusCode))
}

function commonFailure (error: unknown): HandshakeFailure {
  const { status, reason } = judge(error)
  return new HandshakeFailure(reason, `the token endpoint ${status === undefined ? 'gave no answer' : `answered ${status}`}`)
}

/** An error of the HTTP client inside @fastify/oauth2 (@hapi/wreck). `res` is there once the provider has begun to answer. */
interface ClientError extends Error {
  output: { statusCode: number }
  data?: { isResponseError?: boolean, res?: { statusCode: number }, payload?: unknown } | null
}

function judge (error: unknown): { status?: number, reason: Reason } {
  if (!isClientError(error)) return { reason: isReset(error) ? 'providerUnavailable' : 'providerNonsense' }
  const { output, data } = error
  const status = data?.res?.statusCode
  if (status === undefined) return { reason: output.statusCode === 504 ? 'providerTimeout' : 'providerUnavailable' }
  if (status >= 500 || status === 408 || status === 429) return { status, reason: 'providerUnavailable' }
  // RFC 6749 §5.2 asks for an `error`, and those who have an envelope of their own call it that too.
  if (data?.isResponseError === true) return { status, reason: hasError(data.payload) ? 'codeRefused' : 'providerNonsense' }
  // The answer began well and could not be read to its end.
  if (output.statusCode === 408) return { status, reason: 'providerTimeout' }
  if (output.statusCode === 500) return { status, reason: 'providerUnavailable' }
  return { status, reason: 'providerNonsense' }
}

function isClientError (error: unknown): error is ClientError {
  return error instanceof Error && 'isBoom' in error && error.isBoom === true
}

function isReset (error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNRESET'
}

function hasError (payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'error' in payload
}

import { chooseRetryAt, classifyStatus, parseJsonObject, parseRetryAfter } from '@carillon/http'
import type { Classification, Failure, HttpResponse, LastingFailure } from '@carillon/http'

const minuteMs = 60 * 1000
const dayMs = 24 * 60 * minuteMs
/** Many messages at once may be refused, and a deployment with a wrong secret takes minutes to replace. */
const times = 3
const refused: LastingFailure = {
  rule: 'refused', kind: 'unauthorized', reason: 'endpoint refused our requests three times in a row', times, ms: 5 * minuteMs
}
const missing: LastingFailure = { rule: 'missing', kind: 'gone', reason: 'endpoint did not exist for three days', times, ms: 3 * dayMs }

/** For errors of the host name, of TLS and of the guard, which only the owner of the endpoint can fix. */
export function unreachable (reason: string): Failure {
  return { kind: 'transient', reason, lasting: { rule: 'unreachable', kind: 'unauthorized', reason: `${reason} for a day`, times, ms: dayMs } }
}

/**
 * Classifies the response to a message. The endpoint is the user's own, so each status is its statement, whatever the body
 * contains.
 */
export function classify (response: HttpResponse, now: number): Classification<true> {
  const { status, headers } = response
  if (isSuccess(status)) return { kind: 'ok', value: true }
  const failure = classifyStatus(response, now)
  if (failure?.kind === 'transient') {
    const named = parseRetryAfter(headers['retry-after'], now)
    return named === undefined || named <= now ? failure : { ...failure, notBefore: chooseRetryAt([named], now) }
  }
  if (failure !== undefined) return failure
  if (status === 410) return { kind: 'gone', reason: 'endpoint was removed' }
  if (status === 401 || status === 403) return { kind: 'transient', reason: 'endpoint refused our request', lasting: refused }
  if (status === 404 || status === 405) return { kind: 'transient', reason: 'endpoint does not exist now', lasting: missing }
  return { kind: 'rejected', reason: status < 400 ? 'redirects are not followed' : 'endpoint refused the message' }
}

/**
 * Classifies the response to a challenge. An endpoint that refuses it has received it too, and the user may read the code in its
 * log: it cannot know the secret yet. The reasons complete "The address …".
 */
export function classifyChallenge (response: HttpResponse, now: number, code: string): Classification<'sent' | 'proven'> {
  const { status, body } = response
  if (isSuccess(status)) return { kind: 'ok', value: isAnswer(body.toString(), code) ? 'proven' : 'sent' }
  if ([400, 401, 403, 415, 422].includes(status)) return { kind: 'ok', value: 'sent' }
  if (status < 400) return { kind: 'rejected', reason: 'redirects: enter the address that it redirects to' }
  const failure = classifyStatus(response, now)
  return failure ?? { kind: 'rejected', reason: `responds to a POST request with the error ${status}` }
}

/** A page that happens to repeat our request proves nothing. */
function isAnswer (text: string, code: string): boolean {
  return text.trim() === code || parseJsonObject(text)?.challenge === code
}

function isSuccess (status: number): boolean {
  return status >= 200 && status < 300
}

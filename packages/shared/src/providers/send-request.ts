import type { Answer, HttpRequest, TransportCode, Verdict } from '../http/index.ts'
import type { Call } from './request-context.ts'
import { ProviderError } from './provider-error.ts'
import { TransportError } from '../http/index.ts'

/** What a judge makes of an answer: its content, or what to do about the lack of it. */
export type Judgement<T> = { kind: 'ok', value: T } | Verdict

/** Pure; `now` in milliseconds since the epoch. */
export type Judge<T> = (answer: Answer, now: number) => Judgement<T>

/** What one request needs of a call. */
export type Reach = Pick<Call, 'http' | 'signal' | 'now'>

/** Makes the error of a verdict, for a client whose errors say more than ProviderError does. */
export type Complain = (verdict: Verdict, host: string, answer: Answer) => ProviderError

/**
 * Performs one request and returns what `judge` found in the answer. This is where I/O and judgement meet: throws
 * ProviderError for every verdict, also for those about answers that never came, which `faults` may override.
 */
export async function ask<T> (
  request: HttpRequest, judge: Judge<T>, call: Reach, faults: Partial<Record<TransportCode, Verdict>> = {},
  complain: Complain = (verdict, host, answer) => new ProviderError(verdict, host, answer.status)
): Promise<T> {
  const answer = await perform(request, call, faults)
  const judgement = judge(answer, call.now())
  if (judgement.kind === 'ok') return judgement.value
  throw complain(judgement, hostOf(request.url), answer)
}

/** What `judge` found in an answer of `host` that is there already. Throws ProviderError for every verdict. */
export function toResult<T> (answer: Answer, judge: Judge<T>, host: string, now: number): T {
  const judgement = judge(answer, now)
  if (judgement.kind === 'ok') return judgement.value
  throw new ProviderError(judgement, host, answer.status)
}

async function perform (request: HttpRequest, call: Reach, faults: Partial<Record<TransportCode, Verdict>>): Promise<Answer> {
  try {
    return await call.http.request(request, call.signal)
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    throw new ProviderError(faults[error.code] ?? judgeTransport(error), error.host, undefined, error.code)
  }
}

/** Nobody answered, so nobody refused: nearly all of it is worth another try. */
export function judgeTransport (error: TransportError): Verdict {
  const { code, reason } = error
  if (code === 'tooLarge' || code === 'protocol') return { kind: 'malformed', reason }
  if (code === 'notAllowed' || code === 'invalid') return { kind: 'rejected', reason }
  return { kind: 'transient', reason }
}

function hostOf (url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'unreadable URL'
}

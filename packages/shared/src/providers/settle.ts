import type { Judge } from './ask.ts'
import type { Answer } from '../http/index.ts'
import { ProviderError } from './provider-error.ts'

/** What `judge` finds in an answer of `host` that is there already. Throws ProviderError for every verdict. */
export function settle<T> (answer: Answer, judge: Judge<T>, host: string, now: number): T {
  const judgement = judge(answer, now)
  if (judgement.kind === 'ok') return judgement.value
  throw new ProviderError(judgement, host, answer.status)
}

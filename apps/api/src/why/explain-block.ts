import type { RecipientConnection } from '@carillon/shared/recipients'

/** Why no request may go to the provider now, as sentences after others. Empty when requests may go. */
export function explainBlock ({ block }: Pick<RecipientConnection, 'block'>, name: string): string {
  if (block === null) return ''
  const { kind, reason, since, until } = block
  if (kind === 'rateLimited') return until === null ? '' : ` The rate limit of ${name} ends at ${until.toISOString()}.`
  const state = kind === 'misconfigured' ? 'paused' : 'unavailable'
  const why = reason === null ? '' : `, because: ${reason.replace(/[.\s]+$/, '')}`
  const test = until === null ? '' : ` The next request, which tests ${name}, goes at ${until.toISOString()}.`
  return ` ${name} ${since === null ? `is ${state}` : `has been ${state} since ${since.toISOString()}`}${why}.${test}`
}

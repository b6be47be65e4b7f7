import type { RequestContext } from '@carillon/shared/providers'
import type { Services } from './services.ts'

/** What a provider's client needs for requests that may take `timeoutMs` together. */
export function newRequestContext (
  { http, now, registrations }: Pick<Services, 'http' | 'now' | 'registrations'>, timeoutMs: number
): RequestContext {
  return { http, now, registrations, signal: AbortSignal.timeout(timeoutMs) }
}

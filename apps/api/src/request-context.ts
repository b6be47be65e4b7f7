import type { Call } from '@carillon/shared/providers'
import type { Services } from './services.ts'

/** What a provider's client needs for requests that may take `timeoutMs` together. */
export function newRequestContext ({ http, now, registrations }: Pick<Services, 'http' | 'now' | 'registrations'>, timeoutMs: number): Call {
  return { http, now, registrations, signal: AbortSignal.timeout(timeoutMs) }
}

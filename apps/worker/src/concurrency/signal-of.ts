import { ProviderError } from '@carillon/shared/providers'
import type { Signal } from './concurrency-limit.ts'

/**
 * What an error shows about the capacity of the host. Undefined when it shows nothing, such as an error of another host.
 * `hosts` are those of the gate. At a host that users choose, a limit for one account is a sign of an overload too.
 */
export function signalOf (error: unknown, hosts: readonly string[], isChosenByUsers: boolean): Signal | undefined {
  if (!(error instanceof ProviderError) || !hosts.includes(error.host)) return undefined
  const { status, transport, failure } = error
  if (transport === 'timeout') return 'timeout'
  if (transport === 'refused' || transport === 'reset') return 'unreachable'
  if (transport !== undefined) return undefined
  if (status === 503) return 'unavailable'
  if (status === 504) return 'timeout'
  if (status === 429 || failure.kind === 'rateLimited') {
    const concernsAccount = failure.kind !== 'rateLimited' || failure.scope === undefined || failure.scope === 'connection'
    return concernsAccount && !isChosenByUsers ? 'accountLimited' : 'rateLimited'
  }
  return status === undefined || status >= 500 ? undefined : 'completed'
}

import { ProviderError } from '../providers/index.ts'
import type { TransportCode } from '../http/index.ts'
import type { Health } from './breakers.ts'

/** Our own doing, or a refusal to go there: neither says anything about the host. */
const ours = new Set<TransportCode>(['aborted', 'closed', 'notAllowed', 'invalid'])

/** What an error says of the hosts that were to be reached; undefined when it says nothing, or came from elsewhere (a file's). */
export function healthOf (error: unknown, hosts: string[]): Health | undefined {
  if (!(error instanceof ProviderError) || !hosts.includes(error.host)) return undefined
  const { status, transport, failure } = error
  if (transport !== undefined) return ours.has(transport) ? undefined : 'failing'
  // The provider itself has looked at the request and refused it, with whatever status, which may be a 500.
  if (failure.kind === 'rejected' && status !== undefined) return 'well'
  return status === undefined ? undefined : status >= 500 ? 'failing' : 'well'
}

import { ProviderError } from '../providers/index.ts'
import type { TransportCode } from '@carillon/http'
import type { Health } from './breakers.ts'

/** Errors that Carillon itself causes, which say nothing about the host. */
const ours = new Set<TransportCode>(['aborted', 'closed', 'notAllowed', 'invalid'])

/**
 * Whether an error shows that one of `hosts` is unhealthy. Undefined when it does not concern their health, such as an error of
 * a file's host.
 */
export function healthOf (error: unknown, hosts: string[]): Health | undefined {
  if (!(error instanceof ProviderError) || !hosts.includes(error.host)) return undefined
  const { status, transport, failure } = error
  if (transport !== undefined) return ours.has(transport) ? undefined : 'failing'
  // The provider processed the request and refused it. The status may be any, even 500.
  if (failure.kind === 'rejected' && status !== undefined) return 'well'
  return status === undefined ? undefined : status >= 500 ? 'failing' : 'well'
}

import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import type { Guard } from './guard.ts'
import { NameError } from './name-error.ts'
import { createSocketConnector } from './socket-connector.ts'
import type { Connector } from './socket-connector.ts'
import { TransportError } from '../transport-error.ts'

export interface GuardedConnectorOptions {
  guard: Guard
  timeoutMs: number
  /** Throws NameError. */
  resolve: (hostname: string) => Promise<LookupAddress[]>
  /** Called with each refused host. The error only says that there is no address. */
  onRefused?: ((host: string) => void) | undefined
  /** In PEM, instead of the authorities that Node.js trusts. */
  certificateAuthorities?: string | undefined
}

/**
 * Creates a connector that reaches only addresses the guard permits. The check runs in the socket's own lookup, so
 * the checked address is the connected one, even if the name resolves differently the next time. Fails with TransportError
 * `notAllowed` for an address, and with NameError for a name.
 */
export function createGuardedConnector (
  { guard, timeoutMs, resolve, onRefused = () => {}, certificateAuthorities }: GuardedConnectorOptions
): Connector {
  const connect = createConnector(timeoutMs, async (hostname) => {
    const permitted = (await resolve(hostname)).filter(({ address }) => guard.permits(hostname, address))
    if (permitted.length > 0) return permitted
    onRefused(hostname)
    throw new NameError('NO_ADDRESS')
  }, certificateAuthorities)
  return (options, callback) => {
    const { hostname } = options
    // The socket does not look up a literal address, so it is checked here.
    if (isIP(hostname) === 0 || guard.permits(hostname, hostname)) return connect(options, callback)
    onRefused(hostname)
    callback(new TransportError('notAllowed', hostname), null)
  }
}

/** A connector with our own name resolution. */
export function createConnector (
  timeoutMs: number, resolve: GuardedConnectorOptions['resolve'], certificateAuthorities?: string
): Connector {
  return createSocketConnector({ timeoutMs, lookup: toLookup(resolve), certificateAuthorities })
}

/** Node requests all addresses when it tries IPv4 and IPv6 in parallel, otherwise one. */
function toLookup (resolve: GuardedConnectorOptions['resolve']): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then((found) => {
      const [first] = found
      if (first === undefined) callback(new NameError('NO_ADDRESS'), [])
      else if (options.all === true) callback(null, found)
      else callback(null, first.address, first.family)
    }, (error: unknown) => callback(NameError.of(error), []))
  }
}

import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import { buildConnector } from 'undici'
import type { Guard } from './guard.ts'
import { NameError } from './name-error.ts'
import { TransportError } from '../transport-error.ts'

export interface GuardedConnectorOptions {
  guard: Guard
  timeoutMs: number
  /** Throws NameError. */
  resolve: (hostname: string) => Promise<LookupAddress[]>
  /** To be told of a host that is refused: the error says no more of it than that there is no address. */
  onRefused?: ((host: string) => void) | undefined
}

/**
 * A connector for undici that reaches only what the guard permits. The check sits in the lookup the socket itself uses,
 * so the address that was checked is the address that is connected to: a name that resolves differently the second
 * time gains nothing. Fails with TransportError `notAllowed` for an address, and with NameError for a name.
 */
export function createGuardedConnector (
  { guard, timeoutMs, resolve, onRefused = () => {} }: GuardedConnectorOptions
): buildConnector.connector {
  const connect = createConnector(timeoutMs, async (hostname) => {
    const permitted = (await resolve(hostname)).filter(({ address }) => guard.permits(hostname, address))
    if (permitted.length > 0) return permitted
    onRefused(hostname)
    throw new NameError('NO_ADDRESS')
  })
  return (options, callback) => {
    const { hostname } = options
    // The socket looks up no name for an address, so an address is checked here.
    if (isIP(hostname) === 0 || guard.permits(hostname, hostname)) return connect(options, callback)
    onRefused(hostname)
    callback(new TransportError('notAllowed', hostname), null)
  }
}

/** undici's connector with name lookups of our own. */
export function createConnector (
  timeoutMs: number, resolve: GuardedConnectorOptions['resolve']
): buildConnector.connector {
  // Neither field is required by undici, but its type is a union of what net and tls ask of everybody else.
  return buildConnector({ timeout: timeoutMs, lookup: toLookup(resolve) } as buildConnector.BuildOptions)
}

/** Node asks for all addresses when it races IPv4 against IPv6, else for one. */
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

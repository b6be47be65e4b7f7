import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import { buildConnector } from 'undici'
import type { Guard } from './guard.ts'
import { TransportError } from './transport-error.ts'

/**
 * A connector for undici that reaches only what the guard permits. The check sits in the lookup the socket itself uses,
 * so the address that was checked is the address that is connected to: a name that resolves differently the second
 * time gains nothing. Fails with TransportError `notAllowed`.
 */
export function createGuardedConnector (
  guard: Guard, timeoutMs: number, lookup: typeof systemLookup = systemLookup
): buildConnector.connector {
  // Neither field is required by undici, but its type is a union of what net and tls ask of everybody else.
  const connect = buildConnector({ timeout: timeoutMs, lookup: guardedLookup(guard, lookup) } as buildConnector.BuildOptions)
  return (options, callback) => {
    // The socket looks up no name for an address, so an address is checked here.
    if (isIP(options.hostname) !== 0 && !guard.permits(options.hostname, options.hostname)) {
      callback(new TransportError('notAllowed', options.hostname), null)
      return
    }
    connect(options, callback)
  }
}

/** Node asks for all addresses when it races IPv4 against IPv6, else for one. Those not permitted are left out. */
function guardedLookup (guard: Guard, lookup: typeof systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, [])
      const permitted = found.filter(({ address }) => guard.permits(hostname, address))
      const [first] = permitted
      if (first === undefined) return callback(new TransportError('notAllowed', hostname), [])
      if (options.all === true) return callback(null, permitted)
      callback(null, first.address, first.family)
    })
  }
}

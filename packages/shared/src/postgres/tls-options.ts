import { checkServerIdentity } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import type { DatabaseAddress } from './database-address.ts'

/**
 * The options of `tls.connect` for this address. A new object each time, because pg hides the key in the object it receives.
 */
export function tlsOptions ({ host = 'localhost', tls }: DatabaseAddress): ConnectionOptions {
  const { mode, ca, cert, key, passphrase } = tls
  return {
    ...ca !== undefined && { ca },
    ...cert !== undefined && { cert },
    ...key !== undefined && { key },
    ...passphrase !== undefined && { passphrase },
    rejectUnauthorized: mode === 'verify-ca' || mode === 'verify-full',
    // postgres.js would compare an IP address with `localhost`.
    checkServerIdentity: (_name, certificate) => mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined
  }
}

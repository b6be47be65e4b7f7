import pg from 'pg'
import type { DatabaseAddress } from './database-address.ts'
import { pgOptions } from './driver-options.ts'
import type { DriverRequest } from './driver-options.ts'

/**
 * A pool of pg connections to `address`. With sslmode=prefer and a server without TLS, the pool connects without TLS, where pg
 * alone would fail.
 */
export function openPgPool (address: DatabaseAddress, request: DriverRequest, more: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ ...pgOptions(address, request), ...more })
  if (address.tls.mode !== 'prefer') return pool
  const connect = pool.connect.bind(pool)
  type Done = Parameters<typeof connect>[0]
  function connectPreferringTls (): Promise<pg.PoolClient>
  function connectPreferringTls (done: Done): void
  function connectPreferringTls (done?: Done): Promise<pg.PoolClient> | void {
    if (done !== undefined) {
      return connect((error, client, release) => isWithoutTls(error) ? connect(done) : done(error, client, release))
    }
    return connect().catch((error: unknown) => {
      if (isWithoutTls(error)) return connect()
      throw error
    })
  }
  function isWithoutTls (error: unknown): boolean {
    if (!(error instanceof Error) || error.message !== 'The server does not support SSL connections') return false
    pool.options.ssl = false // applies to all later connections
    return true
  }
  return Object.assign(pool, { connect: connectPreferringTls })
}

import type { PoolConfig } from 'pg'
import type { Options } from 'postgres'
import type { DatabaseAddress } from './database-address.ts'
import { startupParameters } from './session-settings.ts'
import { tlsOptions } from './tls-options.ts'

const defaultPort = 5432

/** The options of both PostgreSQL drivers are made here and nowhere else, so that one DATABASE_URL means the same to both. */
export interface DriverRequest {
  max: number
  applicationName: string
  /** Replaces the search_path of Carillon's own tables. */
  searchPath?: string
}

/** For postgres.js, which Carillon's own tables are read with. */
export function postgresJsOptions (address: DatabaseAddress, { max, applicationName, searchPath }: DriverRequest) {
  const { host, port, user, password, database, tls } = address
  return {
    ...host !== undefined && postgresJsHost(host, port ?? defaultPort),
    ...port !== undefined && host === undefined && { port },
    ...user !== undefined && { user },
    ...password !== undefined && { password },
    ...database !== undefined && { database },
    ssl: postgresJsTls(address, tls.mode),
    max: Math.min(max, address.maxConnections ?? max),
    connect_timeout: address.connectTimeoutMs / 1000,
    prepare: !address.isPgBouncer,
    connection: { application_name: address.applicationName ?? applicationName, ...startupParameters(address, searchPath) }
  } satisfies Options<Record<string, never>>
}

/** For pg, which BullMQ's PostgreSQL backend stands on. */
export function pgOptions (address: DatabaseAddress, { max, applicationName, searchPath }: DriverRequest): PoolConfig {
  const { host, port, user, password, database, tls } = address
  const { options } = startupParameters(address, searchPath)
  return {
    ...host !== undefined && { host },
    ...port !== undefined && { port },
    ...user !== undefined && { user },
    ...password !== undefined && { password },
    ...database !== undefined && { database },
    ...options !== undefined && { options },
    ssl: tls.mode === 'disable' ? false : tlsOptions(address),
    max,
    connectionTimeoutMillis: address.connectTimeoutMs,
    application_name: address.applicationName ?? applicationName
  }
}

function postgresJsHost (host: string, port: number): Pick<Options<Record<string, never>>, 'host' | 'port' | 'path'> {
  if (host.startsWith('/')) return { path: `${host}/.s.PGSQL.${port}` }
  // A list of one: postgres.js would cut an IPv6 address at its first colon. It takes lists, which its types do not say.
  const lists: { host: unknown, port: unknown } = { host: [host], port: [port] }
  return lists as { host: string, port: number }
}

function postgresJsTls (address: DatabaseAddress, mode: DatabaseAddress['tls']['mode']) {
  if (mode === 'disable') return false
  // Only the word makes it go on without TLS where the server has none.
  return mode === 'prefer' ? 'prefer' : tlsOptions(address)
}

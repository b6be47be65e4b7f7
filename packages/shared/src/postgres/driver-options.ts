import type { Socket } from 'node:net'
import type { PoolConfig } from 'pg'
import type { Options } from 'postgres'
import type { DatabaseAddress } from './database-address.ts'
import { openPostgresJsSocket } from './postgres-js-socket.ts'
import { startupParameters } from './session-settings.ts'
import { startupPadding } from './startup-message.ts'
import { tlsOptions } from './tls-options.ts'
import { quietMsFor } from './quiet-ms-for.ts'
import { WatchedSocket } from './watched-socket.ts'

const defaultPort = 5432
/** A statement ends within this time, or its connection is lost. Longer work passes its own timeout. */
export const defaultStatementTimeoutMs = 16_000
/** Shorter than the quiet time after which a silent connection is closed. */
const idleSeconds = 10
/** Node then sends ten probes, one per second, so a lost connection is detected during a statement that takes minutes. */
const keepAliveSeconds = 10

/** The options of both PostgreSQL drivers are made only in this file, so one DATABASE_URL means the same to both. */
export interface DriverRequest {
  max: number
  applicationName: string
  /** Replaces the search_path for Carillon's own tables. */
  searchPath?: string
  /** The statement timeout: 16 seconds when absent, none when 0. A timeout in the URL replaces it. */
  statementTimeoutMs?: number
}

/** For postgres.js, which serves Carillon's own tables. */
export function postgresJsOptions (address: DatabaseAddress, request: DriverRequest) {
  const { max, applicationName, searchPath, statementTimeoutMs = defaultStatementTimeoutMs } = request
  const { host, port, user, password, database } = address
  const session = startupParameters(address, searchPath, statementTimeoutMs)
  const options = {
    idle_timeout: idleSeconds,
    keep_alive: keepAliveSeconds,
    ...host !== undefined && postgresJsHost(host, port ?? defaultPort),
    ...port !== undefined && host === undefined && { port },
    ...user !== undefined && { user },
    ...password !== undefined && { password },
    ...database !== undefined && { database },
    ssl: false, // the socket has TLS already
    max: Math.min(max, address.maxConnections ?? max),
    connect_timeout: address.connectTimeoutMs / 1000,
    prepare: !address.isPgBouncer,
    connection: { application_name: address.applicationName ?? applicationName, ...session, ...startupPadding }
  } satisfies Options<Record<string, never>>
  // The types of postgres.js lack the option `socket`.
  return { ...options, socket: openSocketFor(address, quietMsFor(address, statementTimeoutMs)) }
}

/** For pg, which BullMQ's PostgreSQL backend uses. */
export function pgOptions (address: DatabaseAddress, request: DriverRequest): PoolConfig {
  const { max, applicationName, searchPath, statementTimeoutMs = defaultStatementTimeoutMs } = request
  const { host, port, user, password, database, tls } = address
  const { options } = startupParameters(address, searchPath, statementTimeoutMs)
  return {
    stream: () => new WatchedSocket({ quietMs: quietMsFor(address, statementTimeoutMs) }),
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveSeconds * 1000,
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

/** postgres.js passes its own defaults when the address has no host or port. */
function openSocketFor (address: DatabaseAddress, quietMs: number) {
  return ({ host, port, path }: { host?: string[], port?: number[], path?: string | false }): Promise<Socket> => {
    const target = { host: host?.[0] ?? 'localhost', port: port?.[0] ?? defaultPort }
    return openPostgresJsSocket(address, typeof path === 'string' && path !== '' ? { ...target, path } : target, quietMs)
  }
}

function postgresJsHost (host: string, port: number): Pick<Options<Record<string, never>>, 'host' | 'port' | 'path'> {
  if (host.startsWith('/')) return { path: `${host}/.s.PGSQL.${port}` }
  // postgres.js would cut an IPv6 address at its first colon, but not one in a list. Its types lack the lists.
  const lists: { host: unknown, port: unknown } = { host: [host], port: [port] }
  return lists as { host: string, port: number }
}

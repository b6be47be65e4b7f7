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
/** Within it, every statement has ended or its connection is lost; longer work asks for more. */
export const defaultStatementTimeoutMs = 16_000
/** Shorter than what a silent connection is given. */
const idleSeconds = 10
/** Node sends ten probes, one a second, after it: a lost connection is noticed while a statement takes its minutes. */
const keepAliveSeconds = 10

/** The options of both PostgreSQL drivers are made here and nowhere else, so that one DATABASE_URL means the same to both. */
export interface DriverRequest {
  max: number
  applicationName: string
  /** Replaces the search_path of Carillon's own tables. */
  searchPath?: string
  /** How long a statement may take; 16 seconds when absent, no limit when 0. A limit in the URL replaces it. */
  statementTimeoutMs?: number
}

/** For postgres.js, which Carillon's own tables are read with. */
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
  // Its types do not say that it takes a socket.
  return { ...options, socket: openSocketFor(address, quietMsFor(address, statementTimeoutMs)) }
}

/** For pg, which BullMQ's PostgreSQL backend stands on. */
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

/** postgres.js looks up its own defaults where the address names no host or port. */
function openSocketFor (address: DatabaseAddress, quietMs: number) {
  return ({ host, port, path }: { host?: string[], port?: number[], path?: string | false }): Promise<Socket> => {
    const target = { host: host?.[0] ?? 'localhost', port: port?.[0] ?? defaultPort }
    return openPostgresJsSocket(address, typeof path === 'string' && path !== '' ? { ...target, path } : target, quietMs)
  }
}

function postgresJsHost (host: string, port: number): Pick<Options<Record<string, never>>, 'host' | 'port' | 'path'> {
  if (host.startsWith('/')) return { path: `${host}/.s.PGSQL.${port}` }
  // A list of one: postgres.js would cut an IPv6 address at its first colon. It takes lists, which its types do not say.
  const lists: { host: unknown, port: unknown } = { host: [host], port: [port] }
  return lists as { host: string, port: number }
}

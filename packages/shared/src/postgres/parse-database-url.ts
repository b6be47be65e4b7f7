import type { DatabaseAddress } from './database-address.ts'
import { applyParameter, tlsMode } from './url-parameters.ts'

const defaultConnectTimeoutMs = 10_000

/**
 * Parses a DATABASE_URL with the parameters of libpq, pg, postgres.js and Prisma. Refuses unsupported parameters by name. Reads
 * the certificate files that it names. Throws an Error whose message completes "DATABASE_URL …" and contains no secret.
 */
export function parseDatabaseUrl (text: string): DatabaseAddress {
  if (!/^postgres(ql)?:\/\//i.test(text)) throw new Error('is not right')
  const authority = /^[^:]+:\/\/([^/?#]*)/.exec(text)?.[1] ?? ''
  if (!authority.includes('@') && /[?#].*@/.test(text)) throw new Error('has a user or password with one of / ? # in it, which have to be written as %2F %3F %23')
  if (authority.slice(authority.lastIndexOf('@') + 1).includes(',')) throw new Error(severalHosts)
  if (!URL.canParse(text)) throw new Error('is not right')
  const url = new URL(text)
  if (url.hash !== '') throw new Error('has a #, which has to be written as %23')
  const address: DatabaseAddress = {
    host: decoded(url.hostname).replace(/^\[(.*)\]$/, '$1') || undefined,
    port: url.port === '' ? undefined : Number(url.port),
    user: decoded(url.username) || undefined,
    password: decoded(url.password) || undefined,
    database: decoded(url.pathname.slice(1)) || undefined,
    tls: { mode: 'disable' },
    applicationName: undefined,
    connectTimeoutMs: defaultConnectTimeoutMs,
    searchPath: undefined,
    settings: {},
    isPgBouncer: false,
    maxConnections: undefined
  }
  const parameters = new Map(url.searchParams)
  for (const [name, value] of parameters) applyParameter(address, name, value)
  address.tls.mode = tlsMode(parameters)
  if (address.host?.includes(',')) throw new Error(severalHosts)
  if (address.isPgBouncer && (address.searchPath !== undefined || Object.keys(address.settings).length > 0)) {
    throw new Error('has pgbouncer=true and settings of the session (schema, options or a setting by name), which PgBouncer does not ' +
      'pass on; set them with alter role')
  }
  const { search_path: searchPath, ...settings } = address.settings
  return { ...address, settings, searchPath: address.searchPath ?? searchPath }
}

const severalHosts = 'names several hosts; name one, such as a name or a proxy that follows the primary'

function decoded (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('has a % that is not followed by two hexadecimal digits; a percent sign itself is written as %25')
  }
}

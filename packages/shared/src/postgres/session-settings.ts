import type { DatabaseAddress } from './database-address.ts'
import { formatOptions } from './parse-options.ts'

/** Settings that PgBouncer tracks per client and accepts in the startup message. */
const keptByPgBouncer = {
  DateStyle: 'ISO,MDY',
  TimeZone: 'UTC',
  standard_conforming_strings: 'on'
}

/** Our parsing and SQL depend on these settings, so no role, database or URL may change them. */
export const pinnedSettings: Readonly<Record<string, string>> = {
  ...keptByPgBouncer,
  IntervalStyle: 'postgres',
  client_encoding: 'UTF8',
  bytea_output: 'hex',
  extra_float_digits: '1',
  array_nulls: 'on',
  transform_null_equals: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off'
}

/** Timeouts of a role or database are meant for other programs. Timeouts in the URL are meant for Carillon. */
const unlessInUrl = {
  lock_timeout: '0',
  // The server does not detect a lost connection either, and would keep its locks.
  idle_in_transaction_session_timeout: '20s',
  idle_session_timeout: '0'
}

/** PostgreSQL's own default. */
const defaultSearchPath = '"$user",public'

/**
 * The parameters with which both drivers start a session: the URL's settings, overridden by the pinned ones. `searchPath`
 * replaces the one for Carillon's tables. A `statementTimeoutMs` of 0 means no timeout.
 */
export function startupParameters (
  address: DatabaseAddress, searchPath?: string, statementTimeoutMs = 0
): Record<string, string> {
  // PgBouncer refuses `options`, and search_path with it, so all other settings come from its server sessions.
  if (address.isPgBouncer) return { ...keptByPgBouncer }
  const path = { search_path: searchPath ?? address.searchPath ?? defaultSearchPath }
  const limits = { statement_timeout: String(statementTimeoutMs), ...unlessInUrl }
  const settings = { ...limits, ...address.settings, ...pinnedSettings, ...path }
  return { options: formatOptions(settings) }
}

import type { DatabaseAddress } from './database-address.ts'
import { formatOptions } from './parse-options.ts'

/** Settings that PgBouncer keeps per client and takes at the start of a connection. */
const keptByPgBouncer = {
  DateStyle: 'ISO,MDY',
  TimeZone: 'UTC',
  standard_conforming_strings: 'on'
}

/** What we read and write depends on these, so no role, database or URL may change them. */
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

/** A role's or database's limits are meant for other programs. A limit in the URL is meant for us. */
const unlessInUrl = {
  lock_timeout: '0',
  // The server does not notice either that a connection is lost: its locks would stay until then.
  idle_in_transaction_session_timeout: '20s',
  idle_session_timeout: '0'
}

/** PostgreSQL's own default. */
const defaultSearchPath = '"$user",public'

/**
 * The parameters with which both drivers start a session: those of the URL, overridden by what our reading depends on.
 * `searchPath` replaces that of Carillon's tables. A `statementTimeoutMs` of 0 is none.
 */
export function startupParameters (
  address: DatabaseAddress, searchPath?: string, statementTimeoutMs = 0
): Record<string, string> {
  // PgBouncer refuses `options`, and search_path with it: what else there is comes from its servers' sessions.
  if (address.isPgBouncer) return { ...keptByPgBouncer }
  const path = { search_path: searchPath ?? address.searchPath ?? defaultSearchPath }
  const limits = { statement_timeout: String(statementTimeoutMs), ...unlessInUrl }
  const settings = { ...limits, ...address.settings, ...pinnedSettings, ...path }
  return { options: formatOptions(settings) }
}

import { StoreError } from '../stores/store-error.ts'

/** PostgreSQL's error codes of problems that waiting does not solve. */
const faults: Readonly<Record<string, string>> = {
  '28P01': 'PostgreSQL refuses the login',
  28000: 'PostgreSQL refuses the login',
  '3D000': 'there is no such database',
  25006: 'PostgreSQL takes no writes here; name the primary, and a role that may write',
  42501: 'the role lacks a permission',
  '42P01': 'a table is missing; run `carillon migrate`',
  42703: 'a column is missing; run `carillon migrate`',
  '3F000': 'a schema is missing; run `carillon migrate`',
  22023: 'PostgreSQL does not take a setting',
  42704: 'PostgreSQL does not take a setting'
}

const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL/

/** The error for the operator when waiting for the database does not help. Returns any other error unchanged. */
export function toStoreError (error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const code = String(error.code)
  if (/startup parameter/.test(error.message)) {
    return new StoreError('DATABASE_URL leads to a pooler such as PgBouncer, which refuses the settings of a session ' +
      `(${error.message}). Add pgbouncer=true to DATABASE_URL, and set REDIS_URL.`)
  }
  const fault = faults[code] ?? (/authentication failed|no such user/.test(error.message) ? faults['28P01'] : undefined)
  if (fault !== undefined) return new StoreError(`DATABASE_URL: ${fault} (${error.message}).`)
  if (certificateCodes.test(code)) {
    return new StoreError(`DATABASE_URL: the certificate of PostgreSQL is not accepted (${error.message}); sslrootcert names its authority.`)
  }
  return error
}

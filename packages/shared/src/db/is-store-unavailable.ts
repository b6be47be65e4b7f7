/**
 * Whether an error of a PostgreSQL or queue driver is temporary: the store is unreachable, starting, shutting down, out of
 * resources or too slow. The same request may succeed later.
 */
export function isStoreUnavailable (error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // FATAL and PANIC end the connection for any reason, such as a shutdown or too many connections.
  if ('severity' in error && (error.severity === 'FATAL' || error.severity === 'PANIC')) return true
  if ('code' in error && typeof error.code === 'string' && isUnavailableCode(error.code)) return true
  // The Unix socket of a stopped PostgreSQL is missing. Any other missing file is a bug.
  if ('code' in error && error.code === 'ENOENT' && 'syscall' in error && error.syscall === 'connect') return true
  // drizzle and postgres.js wrap the error of a connection. Some errors of pg and ioredis have no code.
  return unavailableMessages.test(error.message) || isStoreUnavailable(error.cause)
}

function isUnavailableCode (code: string): boolean {
  return sqlStates.test(code) || driverCodes.has(code)
}

/**
 * https://www.postgresql.org/docs/current/errcodes-appendix.html: connections (08), resources such as disk and connections
 * (53), operator intervention and timeouts (57), system errors (58), serialization failures, deadlocks and lock timeouts
 * (40001, 40P01, 55P03). 25006 means that after a failover the connection still leads to a read-only server.
 */
const sqlStates = /^(08...|53...|57...|58...|40001|40P01|55P03|25006)$/

const driverCodes = new Set([
  'CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'CONNECT_TIMEOUT',
  'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN',
  'ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EMFILE', 'ENFILE'
])

const unavailableMessages = new RegExp([
  '^Connection (is closed|terminated)', '^timeout exceeded when trying to connect', '^Query read timeout', '^Command timed out',
  '^Socket timeout', '^Stream isn\'t writeable', '^Reached the max retries per request limit', '^The queue did not respond within',
  '^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|OOM|MISCONF) '
].join('|'))

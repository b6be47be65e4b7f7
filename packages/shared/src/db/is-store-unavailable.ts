/**
 * Whether an error of PostgreSQL's or the queue's drivers means that the store cannot do now what it may do later: it cannot be
 * reached, it is starting or shutting down, it has no room, or it did not answer in time. Such a request is worth another try.
 */
export function isStoreUnavailable (error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // FATAL and PANIC end the connection, whatever the reason: a server that shuts down, or accepts no connections.
  if ('severity' in error && (error.severity === 'FATAL' || error.severity === 'PANIC')) return true
  if ('code' in error && typeof error.code === 'string' && isUnavailableCode(error.code)) return true
  // The socket of a PostgreSQL that is down; any other missing file is a fault of ours.
  if ('code' in error && error.code === 'ENOENT' && 'syscall' in error && error.syscall === 'connect') return true
  // drizzle and postgres.js wrap what a connection has said; pg and ioredis have errors without a code.
  return unavailableMessages.test(error.message) || isStoreUnavailable(error.cause)
}

function isUnavailableCode (code: string): boolean {
  return sqlStates.test(code) || driverCodes.has(code)
}

/**
 * https://www.postgresql.org/docs/current/errcodes-appendix.html: connections (08), resources such as disk and connections (53),
 * an operator's or deadline's intervention (57), the system's input and output (58), deadlocks, and 25006: after a failover,
 * we are still connected to a server that only reads.
 */
const sqlStates = /^(08...|53...|57...|58...|40001|40P01|55P03|25006)$/

const driverCodes = new Set([
  'CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'CONNECT_TIMEOUT',
  'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN',
  'ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EMFILE', 'ENFILE'
])

const unavailableMessages = new RegExp([
  '^Connection (is closed|terminated)', '^timeout exceeded when trying to connect', '^Query read timeout', '^Command timed out',
  '^Socket timeout', '^Stream isn\'t writeable', '^Reached the max retries per request limit', '^The queue did not answer within',
  '^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|OOM|MISCONF) '
].join('|'))

import type { Sql, TransactionSql } from 'postgres'

/**
 * Has transactions end with an error, and nothing else, when their connection goes away. postgres.js 3.4 would roll back on it:
 * that write throws where nobody can catch it, which ends the process (porsager/postgres#1208). There is nothing to roll back:
 * the server has done so.
 */
export function withSafeTransactions (sql: Sql): Sql {
  const begin = sql.begin.bind(sql)
  return Object.assign(sql, {
    begin: async (work: (tx: TransactionSql) => unknown) => await begin('', (tx) => unlessGone(work, tx))
  })
}

/** Stays open where the connection is gone: `begin` rejects for that by itself. */
async function unlessGone (work: (tx: TransactionSql) => unknown, tx: TransactionSql): Promise<unknown> {
  try {
    const result = work(tx)
    return await (Array.isArray(result) ? Promise.all(result) : result)
  } catch (error) {
    if (isGone(error)) await new Promise(() => {})
    throw error
  }
}

function isGone (error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // The server's last word on a connection is FATAL or PANIC; the socket's has no severity, and one of these codes.
  if ('severity' in error) return error.severity === 'FATAL' || error.severity === 'PANIC'
  if ('code' in error && /^(CONNECTION_|ECONN|EPIPE|ETIMEDOUT)/.test(String(error.code))) return true
  return isGone(error.cause)
}

import type { Sql, TransactionSql } from 'postgres'

/**
 * Makes a transaction only reject when its connection is lost. postgres.js 3.4 would also roll back: that write throws an
 * uncaught exception, which ends the process (porsager/postgres#1208). The server has already rolled back.
 */
export function withSafeTransactions (sql: Sql): Sql {
  const begin = sql.begin.bind(sql)
  return Object.assign(sql, {
    begin: async (work: (tx: TransactionSql) => unknown) => await begin('', (tx) => rejectUnlessLost(work, tx))
  })
}

/** Stays pending when the connection is lost, because `begin` then rejects by itself. */
export async function rejectUnlessLost (work: (tx: TransactionSql) => unknown, tx: TransactionSql): Promise<unknown> {
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
  // The server's final error has the severity FATAL or PANIC. A socket error has no severity and one of these codes.
  if ('severity' in error) return error.severity === 'FATAL' || error.severity === 'PANIC'
  if ('code' in error && /^(CONNECTION_|ECONN|EPIPE|ETIMEDOUT)/.test(String(error.code))) return true
  return isGone(error.cause)
}

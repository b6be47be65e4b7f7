import type { Database } from './database.ts'

/** The server responded, so the connection is not lost. */
const statementCanceled = '57014'
/** Without a statement timeout in the session, the socket's timeout closes the connection. */
const socketTimedOut = 'ETIMEDOUT'

/**
 * Runs `work`. After a statement timeout, runs it again with a timeout of minutes per statement. `work` must be safe to repeat.
 */
export async function retryWithLongTimeout<Result> (
  database: Database, work: (database: Database) => Promise<Result>
): Promise<Result> {
  try {
    return await work(database)
  } catch (error) {
    if (!hasCode(error, database.hasStatementTimeout ? statementCanceled : socketTimedOut)) throw error
    return await withLongTimeout(database, work)
  }
}

async function withLongTimeout<Result> (database: Database, work: (database: Database) => Promise<Result>): Promise<Result> {
  const longRunning = database.openWithLongTimeout()
  try {
    return await work(longRunning)
  } finally {
    await longRunning.close()
  }
}

function hasCode (error: unknown, code: string): boolean {
  return error instanceof Error && (('code' in error && error.code === code) || hasCode(error.cause, code))
}

import type { Database } from './database.ts'

/** The server has responded, so the connection is not lost. */
const statementCanceled = '57014'
/** Without a timeout in the session, the socket's deadline ends the connection. */
const socketTimedOut = 'ETIMEDOUT'

/**
 * Runs `work`. When a statement has exceeded its time, runs it again with minutes instead of seconds for each statement. `work`
 * must be safe to repeat.
 */
export async function runPatiently<Result> (database: Database, work: (database: Database) => Promise<Result>): Promise<Result> {
  try {
    return await work(database)
  } catch (error) {
    if (!hasCode(error, database.hasStatementTimeout ? statementCanceled : socketTimedOut)) throw error
    return await withPatient(database, work)
  }
}

/** For work that is known to take its time. */
async function withPatient<Result> (database: Database, work: (database: Database) => Promise<Result>): Promise<Result> {
  const patient = database.openPatient()
  try {
    return await work(patient)
  } finally {
    await patient.close()
  }
}

function hasCode (error: unknown, code: string): boolean {
  return error instanceof Error && (('code' in error && error.code === code) || hasCode(error.cause, code))
}

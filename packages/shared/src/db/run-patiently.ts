import type { Database } from './database.ts'

/** The server responded, so the connection is not lost. */
const statementCanceled = '57014'
/** Without a statement timeout in the session, the socket's timeout closes the connection. */
const socketTimedOut = 'ETIMEDOUT'

/**
 * Runs `work`. After a statement timeout, runs it again with a timeout of minutes per statement. `work` must be safe to repeat.
 */
export async function runPatiently<Result> (database: Database, work: (database: Database) => Promise<Result>): Promise<Result> {
  try {
    return await work(database)
  } catch (error) {
    if (!hasCode(error, database.hasStatementTimeout ? statementCanceled : socketTimedOut)) throw error
    return await withPatient(database, work)
  }
}

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

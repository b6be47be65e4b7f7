import { drizzle } from 'drizzle-orm/postgres-js'
import type { Sql, TransactionSql } from 'postgres'
import type { Database } from './database.ts'
import * as schema from './schema/index.ts'
import { rejectUnlessLost } from './transactions.ts'

/**
 * Runs `work` in a transaction with both interfaces of the database, so that functions that use either one share it. The
 * transactions that they begin are savepoints of it.
 */
export async function inTransaction<Result> (database: Database, work: (tx: Database) => Promise<Result>): Promise<Result> {
  const { result } = await database.sql.begin(async (tx) => ({ result: await work(withinTransaction(database, tx)) }))
  return result
}

function withinTransaction (database: Database, tx: TransactionSql): Database {
  const begin = async (work: (savepoint: TransactionSql) => unknown): Promise<unknown> =>
    await tx.savepoint((savepoint) => rejectUnlessLost(work, savepoint))
  // Functions use no other members of a pool.
  const sql = Object.assign(tx, { options: database.sql.options, begin }) as unknown as Sql
  return { ...database, sql, db: drizzle(sql, { schema, casing: 'snake_case' }) }
}

import { join } from 'node:path'
import { loadConfig } from '@carillon/shared/config'
import { checkDatabase, openDatabase } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import type { CommandContext } from './command-context.ts'

/** Runs `work` on the database at DATABASE_URL, or on that of a running `carillon up`. */
export async function withDatabase<Result> (env: CommandContext['env'], work: (database: Database) => Promise<Result>): Promise<Result> {
  const { DATABASE_URL: given, CARILLON_DATA_DIR: dataDir } = loadConfig(env)
  const database = openDatabase({ url: given ?? await urlOfUp(dataDir), max: 1 })
  try {
    await checkDatabase(database)
    return await work(database)
  } finally {
    await database.close()
  }
}

async function urlOfUp (dataDir: string): Promise<string> {
  const found = await import('@carillon/local').then(
    ({ findEmbeddedPostgres }) => findEmbeddedPostgres(join(dataDir, 'postgres')), () => undefined)
  if (found === undefined) throw new Error(`DATABASE_URL is not set, and \`carillon up\` has no database in ${dataDir}`)
  return found.url
}

import { openEmbeddedPostgres } from '@carillon/local'
import { migrateDatabase, openDatabase } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { migrateQueue } from '@carillon/shared/queue'

export interface Databases {
  version: string
  /**
   * Creates a database for one measurement. `template` is an existing database without connections. Without it, the new one is
   * empty.
   */
  create: (template?: string) => Promise<OwnDatabase>
  /** Creates a database that serves as a template. */
  prepare: (name: string, from: string | undefined, fill: (database: Database, url: string) => Promise<void>) => Promise<void>
  close: () => Promise<void>
}

export interface OwnDatabase extends Database {
  url: string
  /** The number of statements since the last reset. The query uses another database, so it does not count itself. */
  statements: () => Promise<number>
  resetStatements: () => Promise<void>
  drop: () => Promise<void>
}

/** A PostgreSQL with default settings and crash safety, except that it counts statements. */
export async function openDatabases (dataDir: string): Promise<Databases> {
  const first = await openEmbeddedPostgres({ dataDir })
  await using(openDatabase({ url: first.url, max: 1 }), ({ sql }) => sql`alter system set shared_preload_libraries = 'pg_stat_statements'`)
    .finally(() => first.close())
  const server = await openEmbeddedPostgres({ dataDir })
  const open = new Set<Database>()
  let made = 0
  const admin = connect(server.url, 1)
  await admin.sql`create extension pg_stat_statements`
  const [row] = await admin.sql<Array<{ version: string }>>`select current_setting('server_version') as version`

  function connect (url: string, max: number): Database {
    const database = openDatabase({ url, max })
    open.add(database)
    return {
      ...database,
      close: () => {
        open.delete(database)
        return database.close()
      }
    }
  }

  async function createDatabase (name: string, template = 'template0'): Promise<string> {
    // Copying files with a checkpoint first prevents that a measurement includes the writes of its own setup.
    await admin.sql`create database ${admin.sql(name)} template ${admin.sql(template)} strategy file_copy`
    const url = new URL(server.url)
    url.pathname = `/${name}`
    return url.href
  }

  return {
    version: row?.version ?? 'unknown',
    create: async (template) => {
      const name = `bench_${++made}`
      const url = await createDatabase(name, template)
      const database = connect(url, 2)
      return {
        ...database,
        url,
        statements: async () => {
          const [row] = await admin.sql<Array<{ calls: number }>>`
            select coalesce(sum(calls), 0)::int as calls from pg_stat_statements join pg_database on pg_database.oid = dbid
            where datname = ${name}`
          return row?.calls ?? 0
        },
        resetStatements: async () => { await admin.sql`select pg_stat_statements_reset()` },
        drop: async () => {
          await database.close()
          await admin.sql`drop database ${admin.sql(name)} with (force)`
        }
      }
    },
    prepare: async (name, from, fill) => {
      const url = await createDatabase(name, from)
      await using(connect(url, 1), (database) => fill(database, url))
      await using(connect(url, 1), ({ sql }) => sql`vacuum (analyze, freeze)`)
    },
    close: async () => {
      // Closes databases in use too: if the server ends first, postgres.js throws an error that cannot be caught.
      await Promise.all([...open].map((database) => database.close()))
      await server.close()
    }
  }
}

/** Migrates Carillon's and BullMQ's tables. */
export async function migrateAll (url: string): Promise<void> {
  await migrateDatabase({ url })
  await migrateQueue({ url })
}

async function using (database: Database, work: (database: Database) => PromiseLike<unknown>): Promise<void> {
  try {
    await work(database)
  } finally {
    await database.close()
  }
}

import { openEmbeddedPostgres } from '@carillon/local'
import { migrateDatabase, openDatabase } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { migrateQueue } from '@carillon/shared/queue'

export interface Databases {
  version: string
  /** A database of one measurement's own. `template` is one of ours that nobody is connected to, or none for an empty one. */
  create: (template?: string) => Promise<OwnDatabase>
  /** Makes a database to create others from. */
  prepare: (name: string, from: string | undefined, fill: (database: Database, url: string) => Promise<void>) => Promise<void>
  close: () => Promise<void>
}

export interface OwnDatabase extends Database {
  url: string
  /** Statements it was sent since the last reset. Asking goes through another database, and does not count. */
  statements: () => Promise<number>
  resetStatements: () => Promise<void>
  drop: () => Promise<void>
}

/** A PostgreSQL with its own settings but one: it counts statements. It is as durable as it comes. */
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
    // Copied file by file, with a checkpoint, so that no measurement pays for writing out its own beginning.
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
      // Whoever uses one this moment, too: postgres.js throws where nobody can catch it when its server goes away under it.
      await Promise.all([...open].map((database) => database.close()))
      await server.close()
    }
  }
}

/** Carillon's tables, and BullMQ's. */
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

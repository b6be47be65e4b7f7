import type { Database } from './database.ts'
import { latestMigration, readJournal, readMigrations } from './migrations.ts'
import type { Journal } from './migrations.ts'

export interface DatabaseFacts {
  /** Such as `15.8`. */
  version: string
  /** How far the clock of this machine is ahead of the database's. */
  clockAheadMs: number
  /** Connections of all programs to the server, and how many it allows. */
  connections: number
  maxConnections: number
  migrations: MigrationFacts
}

interface MigrationFacts {
  applied: number
  /** The names of those that this version of Carillon has and the database lacks. */
  missing: string[]
  /** Whether the database has migrations of a newer Carillon, and whether this one can use its tables. */
  isNewer: boolean
  isUsable: boolean
}

/** The version, the clock, the connections and the migrations of the database. */
export async function inspectDatabase ({ sql }: Pick<Database, 'sql'>): Promise<DatabaseFacts> {
  const sentAt = Date.now()
  const [row] = await sql<[{ version: string, now: number, connections: number, maxConnections: number, hasJournal: boolean }]>`
    select current_setting('server_version') as version, extract(epoch from clock_timestamp())::float8 * 1000 as now,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as connections,
      current_setting('max_connections')::int as "maxConnections",
      to_regclass('drizzle.__drizzle_migrations') is not null as "hasJournal"`
  const { version, now, connections, maxConnections, hasJournal } = row
  const clockAheadMs = Math.round((sentAt + Date.now()) / 2 - now)
  const journal = hasJournal ? await readJournal({ sql }) : { applied: 0, worksSince: 0 }
  return { version, clockAheadMs, connections, maxConnections, migrations: compareMigrations(journal) }
}

/** What the journal says about the tables. */
function compareMigrations ({ applied, worksSince }: Journal): MigrationFacts {
  const known = readMigrations()
  const latest = latestMigration()
  return {
    applied: known.filter(({ folderMillis }) => folderMillis <= applied).length,
    missing: known.filter(({ folderMillis }) => folderMillis > applied).map(({ name }) => name),
    isNewer: applied > latest,
    isUsable: worksSince <= latest
  }
}

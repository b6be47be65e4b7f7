import { pinnedSettings } from '../postgres/index.ts'
import { StoreError } from '../stores/store-error.ts'
import type { Database } from './database.ts'
import { latestMigration, readJournal } from './migrations.ts'
import { toStoreError } from './to-store-error.ts'

const minVersion = 14

interface Tables {
  hasJournal: boolean
  hasTables: boolean
  tablesIn: string | null
}

/**
 * Resolves when Carillon can use this database: version, primary, session settings, tables, a write. Rejects with a StoreError
 * that states what to do, or with the driver's error when the server does not respond. Resolves to a warning for the operator, if
 * any.
 */
export async function checkDatabase (database: Pick<Database, 'sql'>): Promise<string | undefined> {
  try {
    await checkServer(database)
    await checkSettings(database)
  } catch (error) {
    throw toStoreError(error)
  }
  return await checkReady(database)
}

/** What `/readyz` checks: this code knows the tables, and they accept a write. Rejects and resolves like checkDatabase. */
export async function checkReady (database: Pick<Database, 'sql'>): Promise<string | undefined> {
  const warning = await checkTables(database).catch((error: unknown) => { throw toStoreError(error) })
  await checkWritable(database)
  return warning
}

/** Inserts a row and rolls back: only a write reveals a standby, a read-only role or a full disk. */
async function checkWritable ({ sql }: Pick<Database, 'sql'>): Promise<void> {
  const takenBack = new Error()
  try {
    await sql.begin(async (tx) => {
      await tx`insert into users (id, external_id) values (gen_random_uuid(), gen_random_uuid()::text)`
      throw takenBack
    })
  } catch (error) {
    if (error !== takenBack) throw toStoreError(error)
  }
}

/** Rejects when Carillon cannot use this server, whatever tables it has. */
export async function checkServer ({ sql }: Pick<Database, 'sql'>): Promise<void> {
  const [server] = await sql<Array<{ versionNumber: number, version: string, isStandby: boolean, isReadOnly: boolean }>>`
    select current_setting('server_version_num')::int as "versionNumber", current_setting('server_version') as version,
      pg_is_in_recovery() as "isStandby", current_setting('transaction_read_only')::bool as "isReadOnly"`
  if (server === undefined) return
  if (server.versionNumber < minVersion * 10_000) {
    throw new StoreError(`DATABASE_URL: PostgreSQL ${server.version} is too old; Carillon needs ${minVersion} or newer.`)
  }
  if (server.isStandby) throw new StoreError('DATABASE_URL leads to a standby of PostgreSQL, which takes no writes; name the primary.')
  if (server.isReadOnly) throw new StoreError('DATABASE_URL: PostgreSQL takes no writes from this role (default_transaction_read_only is on).')
}

/** A pooler may drop our session settings, and PgBouncer accepts only a few. */
async function checkSettings ({ sql }: Pick<Database, 'sql'>): Promise<void> {
  const rows = await sql<Array<{ name: string, value: string }>>`
    select name, current_setting(name) as value from unnest(${Object.keys(pinnedSettings)}::text[]) name`
  for (const { name, value } of rows) {
    const needed = pinnedSettings[name] ?? ''
    if (value.replaceAll(' ', '').toLowerCase() === needed.replaceAll(' ', '').toLowerCase()) continue
    throw new StoreError(`DATABASE_URL: sessions have ${name} = ${value}, and Carillon needs ${needed}. ` +
      `Behind PgBouncer, add pgbouncer=true and run: alter role … set ${name} = '${needed}'.`)
  }
}

async function checkTables ({ sql }: Pick<Database, 'sql'>): Promise<string | undefined> {
  const [{ hasJournal, hasTables, tablesIn } = { hasJournal: false, hasTables: false, tablesIn: null }] = await sql<Tables[]>`
    select to_regclass('drizzle.__drizzle_migrations') is not null as "hasJournal", to_regclass('notifications') is not null as "hasTables",
      (select nspname from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where relname = 'notifications' and relkind in ('r', 'p') limit 1) as "tablesIn"`
  if (!hasJournal) throw new StoreError('DATABASE_URL: the database has no tables of Carillon yet; run `carillon migrate`.')
  const { applied, worksSince } = await readJournal({ sql })
  if (applied < latestMigration()) throw new StoreError('DATABASE_URL: the tables are older than this Carillon; run `carillon migrate`.')
  if (worksSince > latestMigration()) throw new StoreError('DATABASE_URL: the tables are newer than this Carillon; start the newer Carillon.')
  if (hasTables) return applied > latestMigration() ? 'the tables are newer than this Carillon, which can use them; upgrade it soon' : undefined
  throw new StoreError(tablesIn === null
    ? 'DATABASE_URL: Carillon\'s tables are missing although they have been made; restore them from a backup.'
    : `DATABASE_URL: Carillon's tables are in the schema ${tablesIn}, where this session does not look; add schema=${tablesIn}.`)
}

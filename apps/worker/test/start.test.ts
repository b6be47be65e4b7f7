import { latestMigration, openDatabase } from '@carillon/shared/db'
import { spawnApp, startReplication, testDatabase, testKeys, until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'

/** The API and the worker start in the same way, and so does the CLI when it reads the database. */
const apps = ['api', 'worker', 'cli'] as const
const closed = 'postgres://carillon:hunter2@127.0.0.1:1/carillon'

const newer = "insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 99999999999999)"

/** A message names the command as it was started. */
const states: Array<{ name: string, statements?: string[], change?: (url: URL) => void, line: RegExp, cli?: false }> = [
  {
    name: 'is empty',
    statements: ['drop schema public, drizzle, bullmq cascade', 'create schema public'],
    line: /DATABASE_URL: the database has no tables of Carillon yet; run `(carillon|node [\w ./-]*main\.ts) migrate`\.$/
  },
  {
    name: 'has no queue tables',
    statements: ['drop schema bullmq cascade'],
    line: /DATABASE_URL: the database has no queue tables yet; run `(carillon|node [\w ./-]*main\.ts) migrate`\.$/,
    cli: false
  },
  {
    name: 'has older queue tables',
    statements: ['delete from bullmq.migration where version = (select max(version) from bullmq.migration)'],
    line: /DATABASE_URL: the queue tables are older than this Carillon; run `(carillon|node [\w ./-]*main\.ts) migrate`\.$/,
    cli: false
  },
  {
    name: 'is older than the code',
    statements: ['delete from drizzle.__drizzle_migrations where created_at = (select max(created_at) from drizzle.__drizzle_migrations)'],
    line: /DATABASE_URL: the tables are older than this Carillon; run `(carillon|node [\w ./-]*main\.ts) migrate`\.$/
  },
  {
    name: 'is newer than the code',
    statements: [newer, "comment on table drizzle.__drizzle_migrations is 'works with code since 99999999999999'"],
    line: /DATABASE_URL: the tables are newer than this Carillon; start the newer Carillon\.$/
  },
  {
    name: 'has its tables elsewhere',
    statements: ['alter schema public rename to site', 'create schema public'],
    line: /DATABASE_URL: Carillon's tables are in the schema site, where this session does not look; add schema=site\.$/
  },
  {
    name: 'does not exist',
    change: (url) => { url.pathname = '/no_such_database' },
    line: /DATABASE_URL: there is no such database \(database "no_such_database" does not exist\)\.$/
  },
  {
    name: 'refuses the login',
    change: (url) => { url.password = 'hunter2' },
    line: /DATABASE_URL: PostgreSQL refuses the login \(password authentication failed for user "\w+"\)\.$/
  },
  {
    name: 'is behind PgBouncer, and there is no Redis for the queue',
    change: (url) => { url.searchParams.set('pgbouncer', 'true') },
    line: /^REDIS_URL is missing, and DATABASE_URL has pgbouncer=true: /,
    cli: false
  }
]

for (const { name, statements = [], change, line, cli } of states) {
  t.test(`says what to do and exits when the database ${name}`, async (t) => {
    const url = await prepare(t, statements, change)
    await Promise.all(apps.filter((app) => app !== 'cli' || cli !== false).map((app) => endsWith(t, app, { DATABASE_URL: url }, line)))
  })
}

t.test('starts on newer tables that this code can use, and says so', async (t) => {
  const url = await prepare(t, [newer, `comment on table drizzle.__drizzle_migrations is 'works with code since ${latestMigration()}'`], undefined)
  await Promise.all((['api', 'worker'] as const).map(async (app) => {
    const program = spawnApp(t, app, { env: { DATABASE_URL: url, CARILLON_KEYS: testKeys(), PORT: '0' } })
    await program.ready
    t.match(program.output(), /the tables are newer than this Carillon, which can use them; upgrade it soon/, app)
  }))
})

t.test('waits START_WAIT_SECONDS for a database that does not respond, and says so', async (t) => {
  const line = /^DATABASE_URL: the store did not respond within 1 s \(START_WAIT_SECONDS\): connect ECONNREFUSED/
  await Promise.all((['api', 'worker'] as const).map(async (app) => {
    const { output } = await endsWith(t, app, { DATABASE_URL: closed, START_WAIT_SECONDS: '1' }, line)
    t.match(output(), /not ready yet; waiting for up to 1 s/)
  }))
})

t.test('names a Redis that cannot serve, and exits', async (t) => {
  const servers = await startReplication(t)
  if (servers === undefined) return
  const { url } = await testDatabase(t)
  const env = { DATABASE_URL: url, REDIS_URL: servers.replica.url }
  await Promise.all((['api', 'worker'] as const).map((app) => endsWith(t, app, env, /^REDIS_URL leads to a replica/)))
})

t.test('exits with 0 on a stop request while it waits', async (t) => {
  await Promise.all((['api', 'worker'] as const).map(async (app) => {
    const program = spawnApp(t, app, { env: { DATABASE_URL: closed, CARILLON_KEYS: testKeys(), PORT: '0' } })
    await until(() => program.output().includes('not ready yet'))
    t.match(await program.stop(), { code: 0 }, app)
    t.same(program.stderr, [], app)
  }))
})

async function prepare (t: Test, statements: string[], change: ((url: URL) => void) | undefined): Promise<string> {
  const { url } = await testDatabase(t)
  const { sql, close } = openDatabase({ url, max: 1 })
  for (const statement of statements) await sql.unsafe(statement)
  await close()
  const changed = new URL(url)
  change?.(changed)
  return changed.href
}

/** Checks that the program exits with 1 and writes only this line to stderr. */
async function endsWith (t: Test, app: typeof apps[number], env: Record<string, string>, line: RegExp) {
  const args = app === 'cli' ? ['keys', 'list'] : []
  const program = spawnApp(t, app, { env: { CARILLON_KEYS: testKeys(), PORT: '0', ...env }, args })
  t.match(await program.exited, { code: 1 }, app)
  t.match(program.stderr, [line], app)
  t.equal(program.stderr.length, 1, `${app}: one line`)
  t.notMatch(program.output(), /hunter2/, `${app}: no secret`)
  return program
}

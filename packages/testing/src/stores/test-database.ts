import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import type { Test } from 'tap'
import { testServers } from './test-servers.ts'

/** A migrated database for this test, dropped when the test ends. After a failure it stays as long as its server. */
export async function testDatabase (t: Test): Promise<{ url: string }> {
  const { databaseUrl, template } = await testServers()
  const name = `carillon_test_${randomBytes(6).toString('hex')}`
  await administer(databaseUrl, async (sql) => {
    const strategy = await copiesFiles(sql) ? sql`strategy file_copy` : sql``
    await sql`create database ${sql(name)} template ${sql(template)} ${strategy}`
  })
  const url = new URL(databaseUrl)
  url.pathname = `/${name}`
  t.teardown(async () => {
    if (t.passing()) await administer(databaseUrl, (sql) => sql`drop database ${sql(name)} with (force)`)
    else t.comment(howToLook(name, url.href))
  })
  return { url: url.href }
}

/** Since version 15, PostgreSQL writes each page to its log by default, which costs three times as much. */
async function copiesFiles (sql: postgres.Sql): Promise<boolean> {
  const [server] = await sql<Array<{ version: number }>>`select current_setting('server_version_num')::integer as version`
  return server !== undefined && server.version >= 150_000
}

async function administer (url: string, run: (sql: postgres.Sql) => PromiseLike<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await run(sql)
  } finally {
    await sql.end()
  }
}

/** The URL is only useful if the server keeps running after the tests. */
function howToLook (name: string, url: string): string {
  if (process.env['TEST_KEEP'] === '1') return `Its database: psql '${url}'`
  if (process.env['TEST_DATABASE_URL']) return `Its database is ${name}, on the server of TEST_DATABASE_URL.`
  return `Its database was ${name}. To keep it and get its URL, run this file again with --keep: npm test -- --keep <file>`
}

import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import type { Test } from 'tap'
import { testServers } from './test-servers.ts'

/**
 * A migrated database of this test's own, dropped when it ends. One that failed stays for a look at it, for as long as its
 * server does: see TEST_DATABASE_URL in run.ts.
 */
export async function testDatabase (t: Test): Promise<{ url: string }> {
  const { databaseUrl, template } = await testServers()
  const name = `carillon_test_${randomBytes(6).toString('hex')}`
  await administer(databaseUrl, (sql) => sql`create database ${sql(name)} template ${sql(template)}`)
  t.teardown(async () => {
    if (t.passing()) await administer(databaseUrl, (sql) => sql`drop database ${sql(name)} with (force)`)
    else t.comment(`its database is ${name}`)
  })
  const url = new URL(databaseUrl)
  url.pathname = `/${name}`
  return { url: url.href }
}

async function administer (url: string, statement: (sql: postgres.Sql) => PromiseLike<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await statement(sql)
  } finally {
    await sql.end()
  }
}

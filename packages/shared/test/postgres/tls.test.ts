import { join } from 'node:path'
import { findProgram, testDatabase } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { checkDatabase, openDatabase } from '../../src/db/index.ts'
import { openPgPool, parseDatabaseUrl } from '../../src/postgres/index.ts'
import { StoreError } from '../../src/stores/index.ts'
import { makeAuthority, makeCertificate, openTlsPort } from './tls-port.ts'

const openssl = await findProgram(t, ['openssl'], 'CARILLON_REQUIRE_OPENSSL')

t.test('connects with both drivers according to each sslmode', { skip: openssl === undefined && 'there is no openssl' }, async (t) => {
  const { url } = await testDatabase(t)
  const folder = t.testdir({ other: {} })
  const authority = await makeAuthority(folder)
  const other = await makeAuthority(join(folder, 'other'))
  // Valid for the name, but not for the address.
  const certificate = await makeCertificate(folder, 'localhost', 'DNS:localhost')
  const port = await openTlsPort(t, url, certificate)

  const cases: Array<[string, string, boolean]> = [
    ['localhost', 'sslmode=require', true],
    ['127.0.0.1', 'sslmode=require', true],
    ['localhost', `sslmode=verify-full&sslrootcert=${authority}`, true],
    ['127.0.0.1', `sslmode=verify-full&sslrootcert=${authority}`, false],
    ['127.0.0.1', `sslmode=verify-ca&sslrootcert=${authority}`, true],
    ['localhost', `sslmode=verify-ca&sslrootcert=${other}`, false],
    ['localhost', `sslmode=require&sslrootcert=${other}`, false],
    ['localhost', 'sslmode=verify-full', false],
    ['localhost', 'sslmode=prefer', true]
  ]
  for (const [host, query, works] of cases) {
    const address = new URL(`${url}?${query}`)
    address.hostname = host
    address.port = String(port)
    for (const [driver, ask] of Object.entries(drivers)) {
      const outcome = await ask(t, address.href).then(() => true, () => false)
      t.equal(outcome, works, `${driver}: ${host} with ${query.replaceAll(folder, '')}`)
    }
  }
  const wrong = new URL(`${url}?sslmode=verify-full`)
  wrong.port = String(port)
  const database = openDatabase({ url: wrong.href, max: 1 })
  t.teardown(database.close)
  const error = await checkDatabase(database).catch((error: unknown) => error)
  t.ok(error instanceof StoreError, String(error))
  t.match(error, { message: /^DATABASE_URL: the certificate of PostgreSQL is not accepted/ })
})

t.test('connects without TLS with sslmode=prefer to a server that has none, but not with require', async (t) => {
  const { url } = await testDatabase(t)
  for (const [driver, ask] of Object.entries(drivers)) {
    await t.resolves(ask(t, `${url}?sslmode=prefer`), driver)
    await t.rejects(ask(t, `${url}?sslmode=require`), driver)
  }
})

const drivers: Record<string, (t: Test, url: string) => Promise<unknown>> = {
  'postgres.js': async (t, url) => {
    const { sql, close } = openDatabase({ url, max: 1 })
    t.teardown(close)
    return await sql`select 1`
  },
  pg: async (t, url) => {
    const pool = openPgPool(parseDatabaseUrl(url), { max: 1, applicationName: 'test' })
    pool.on('error', () => {})
    t.teardown(() => pool.end())
    return await pool.query('select 1')
  }
}

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { findProgram, testDatabase } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { checkDatabase, openDatabase } from '../../src/db/index.ts'
import { openPgPool, parseDatabaseUrl } from '../../src/postgres/index.ts'
import { StoreError } from '../../src/stores/index.ts'

const run = promisify(execFile)
const openssl = await findProgram(t, ['openssl'], 'CARILLON_REQUIRE_OPENSSL')

t.test('connects with both drivers as each sslmode says', { skip: openssl === undefined && 'there is no openssl' }, async (t) => {
  const { url } = await testDatabase(t)
  const folder = t.testdir({ other: {} })
  const authority = await makeAuthority(folder)
  const other = await makeAuthority(join(folder, 'other'))
  // Valid for the name and not for the address.
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

t.test('goes on without TLS with sslmode=prefer, where the server has none, and not with require', async (t) => {
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

interface Certificate {
  cert: string
  key: string
}

/** A new authority in this folder; resolves to the path of its certificate. */
async function makeAuthority (folder: string): Promise<string> {
  const file = join(folder, 'ca.pem')
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=Test authority',
    '-keyout', join(folder, 'ca.key'), '-out', file])
  return file
}

async function makeCertificate (folder: string, name: string, alternatives: string): Promise<Certificate> {
  const [request, key, cert, extensions] = ['server.csr', 'server.key', 'server.pem', 'extensions'].map((file) => join(folder, file))
  await run('openssl', ['req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', key ?? '', '-out', request ?? ''])
  await writeFile(extensions ?? '', `subjectAltName=${alternatives}\n`)
  await run('openssl', ['x509', '-req', '-days', '2', '-in', request ?? '', '-CA', join(folder, 'ca.pem'), '-CAkey', join(folder, 'ca.key'),
    '-CAcreateserial', '-extfile', extensions ?? '', '-out', cert ?? ''])
  return { cert: await readFile(cert ?? '', 'utf8'), key: await readFile(key ?? '', 'utf8') }
}

/** A port that speaks TLS as PostgreSQL does, in front of the one at `url`. */
async function openTlsPort (t: Test, url: string, certificate: Certificate): Promise<number> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    // The first eight bytes ask for TLS.
    socket.once('data', () => {
      socket.write('S')
      const secure = new TLSSocket(socket, { isServer: true, ...certificate })
      const inner = connect(Number(port), hostname)
      sockets.add(inner)
      secure.on('error', () => inner.destroy()).on('close', () => inner.destroy()).pipe(inner)
      inner.on('error', () => secure.destroy()).on('close', () => secure.destroy()).pipe(secure)
    })
  }).listen(0)
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

import type { Socket } from 'node:net'
import { findProgram, testDatabase } from '@carillon/testing'
import postgres from 'postgres'
import t from 'tap'
import type { Test } from 'tap'
import { parseDatabaseUrl, postgresJsOptions } from '../../src/postgres/index.ts'
import { makeAuthority, makeCertificate, openTlsPort } from './tls-port.ts'

const openssl = await findProgram(t, ['openssl'], 'CARILLON_REQUIRE_OPENSSL')
const { url } = await testDatabase(t)

t.test('a connection that received a query while it closed works again', async (t) => {
  await takeQueryWhileClosing(t, url)
})

t.test('without the options that PgBouncer refuses', async (t) => {
  await takeQueryWhileClosing(t, `${url}?pgbouncer=true`)
})

t.test('with TLS', { skip: openssl === undefined && 'there is no openssl' }, async (t) => {
  const folder = t.testdir({})
  await makeAuthority(folder)
  const secure = new URL(`${url}?sslmode=require`)
  secure.port = String(await openTlsPort(t, url, await makeCertificate(folder, 'localhost', 'DNS:localhost')))
  await takeQueryWhileClosing(t, secure.href)
})

async function takeQueryWhileClosing (t: Test, address: string): Promise<void> {
  const options = postgresJsOptions(parseDatabaseUrl(address), { max: 1, applicationName: 'test' })
  const sockets: Socket[] = []
  const socket = async (wanted: Parameters<typeof options.socket>[0]) => {
    const opened = await options.socket(wanted)
    sockets.push(opened)
    return opened
  }
  // The types of postgres.js lack the option `socket`.
  const watched = { ...options, socket }
  const sql = postgres(watched)
  t.teardown(() => sql.end({ timeout: 5 }))
  await sql`select 1`
  const [first] = sockets
  if (first === undefined) throw new Error('postgres.js opens its connections with the socket that it is given')
  const losing = new Promise((resolve) => delayClose(first, () => { sql`select 2`.catch(resolve) }))
  first.destroy()
  t.match(await losing, { code: 'CONNECTION_CLOSED' })
  t.match([...await sql`select 3 as three`], [{ three: 3 }])
  t.equal(sockets.length, 2, 'with the first connection after it')
}

/** postgres.js accepts the statements of `begin` before it receives the close event, and would send them afterwards. */
function delayClose (socket: Socket, begin: () => void): void {
  const emit: (event: string, ...rest: unknown[]) => boolean = socket.emit.bind(socket)
  const closeLate = async (rest: unknown[]): Promise<void> => {
    begin()
    for (let turn = 0; turn < 10; turn++) await undefined
    emit('close', ...rest)
  }
  Object.assign(socket, {
    emit: (event: string, ...rest: unknown[]) => {
      if (event !== 'close') return emit(event, ...rest)
      closeLate(rest).catch((error: unknown) => socket.destroy(error instanceof Error ? error : undefined))
      return true
    }
  })
}

import type { Socket } from 'node:net'
import { testDatabase } from '@carillon/testing'
import postgres from 'postgres'
import t from 'tap'
import { parseDatabaseUrl, postgresJsOptions } from '../../src/postgres/index.ts'

t.test('a connection that took a query while it closed works again', async (t) => {
  const { url } = await testDatabase(t)
  const options = postgresJsOptions(parseDatabaseUrl(url), { max: 1, applicationName: 'test' })
  const sockets: Socket[] = []
  const socket = async (wanted: Parameters<typeof options.socket>[0]) => {
    const opened = await options.socket(wanted)
    sockets.push(opened)
    return opened
  }
  // Its types do not say that it takes a socket.
  const watched = { ...options, socket }
  const sql = postgres(watched)
  t.teardown(() => sql.end({ timeout: 5 }))
  await sql`select 1`
  // The socket's close event comes next, before postgres.js sends what it buffers now.
  await new Promise((resolve) => { setImmediate(resolve) })
  sockets[0]?.destroy()
  await t.rejects(async () => { await sql`select 2` })
  t.match([...await sql`select 3 as three`], [{ three: 3 }])
})

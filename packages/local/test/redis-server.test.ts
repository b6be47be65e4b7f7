import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import t from 'tap'
import { findRedisServer, openRedisServer } from '../src/index.ts'
import { folder } from './fixtures/folder.ts'

const found = await findRedisServer()
const skip = found ? false : 'no redis-server on PATH'

t.test('opens a Redis that requires its password and never evicts', { skip }, async (t) => {
  const server = await openRedisServer()
  t.teardown(() => server.close())
  const { password } = new URL(server.url)
  t.match(await ask(server.port, 'PING'), /NOAUTH/)
  t.match(await ask(server.port, `AUTH ${password}`, 'CONFIG GET maxmemory-policy', 'CONFIG GET bind'), /noeviction[^]*127\.0\.0\.1/)
  await server.close()
  await t.rejects(ask(server.port, 'PING'), { code: 'ECONNREFUSED' })
})

t.test('keeps its data with a data folder', { skip }, async (t) => {
  const dataDir = join(await folder(t), 'redis')
  for (const [command, answer] of [['SET kept 1', /\+OK/], ['GET kept', /\r\n1\r\n/]] as const) {
    const server = await openRedisServer({ dataDir })
    t.match(await ask(server.port, `AUTH ${new URL(server.url).password}`, command), answer)
    await server.close()
  }
})

t.test('explains why it cannot open', { skip }, async (t) => {
  const server = await openRedisServer()
  t.teardown(() => server.close())
  await t.rejects(openRedisServer({ port: server.port }), { message: /^redis-server did not start: .+/ })
})

/** Uses Redis's inline commands, so no client is necessary. */
async function ask (port: number, ...commands: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write([...commands, 'QUIT'].map((command) => `${command}\r\n`).join(''))
  return text(socket)
}

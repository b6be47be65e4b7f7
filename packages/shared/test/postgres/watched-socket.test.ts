import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { WatchedSocket } from '../../src/postgres/watched-socket.ts'

t.test('ends with an error when the server stops sending', async (t) => {
  let isSilent = false
  const server = createServer((socket) => {
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
    socket.on('data', (bytes) => { if (!isSilent) socket.write(bytes) })
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')

  for (const [name, last] of Object.entries({ 'after a response': [], 'after a response and another request': ['second'] })) {
    isSilent = false
    const socket = new WatchedSocket({ quietMs: 2_000 }).connect((server.address() as AddressInfo).port, '127.0.0.1')
    const failed = once(socket, 'error')
    socket.write('first')
    await once(socket, 'data')
    isSilent = true
    for (const text of last) socket.write(text)
    t.match(await failed, [{ code: 'ETIMEDOUT' }], name)
    t.ok(socket.destroyed, name)
  }
})

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import t from 'tap'
import { holdPort } from '../src/hold-port.ts'

const host = '127.0.0.1'

t.test('holds a free port until it is released', async (t) => {
  const { port, release } = await holdPort(host)
  t.teardown(release)
  const early = createServer().listen(port, host)
  t.match(await once(early, 'error'), [{ code: 'EADDRINUSE' }])
  await release()
  const server = createServer().listen(port, host)
  await once(server, 'listening')
  server.close()
  await release()
})

t.test('ends connections to a port that it holds', async (t) => {
  const { port, release } = await holdPort(host)
  const socket = connect(port, host)
  await once(socket, 'close')
  await release()
  t.equal(socket.destroyed, true)
})

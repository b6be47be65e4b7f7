import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { freePort } from '../src/index.ts'

t.test('is none that a connection may go out from before it is used', async (t) => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()))
  t.same(ports.filter((port) => port < 20_000 || port > 32_767), [])
  t.equal(new Set(ports).size, 50, 'and not the one that somebody else was given just now')
})

t.test('is the preferred one while nobody listens there', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  t.not(await freePort(port), port)
  const free = await freePort()
  t.equal(await freePort(free), free)
  server.close()
})

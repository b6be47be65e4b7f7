import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { spawnNode, until } from '@carillon/testing'
import t from 'tap'
import { freePort } from '../src/index.ts'

t.test('is never an ephemeral port', async (t) => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()))
  t.same(ports.filter((port) => port < 20_000 || port > 32_767), [])
  t.equal(new Set(ports).size, 50, 'and not the port of another concurrent call')
})

t.test('is the preferred port while it is free', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  t.not(await freePort(port), port)
  const free = await freePort()
  t.equal(await freePort(free), free)
  server.close()
})

t.test('is not a port that another process has chosen, until that process ends', async (t) => {
  const other = spawnNode(t, fileURLToPath(new URL('fixtures/reserve-port.ts', import.meta.url)))
  await other.ready
  const port = await until(() => Number(other.stdout[0]))
  t.not(await freePort(port), port)
  await other.kill()
  t.equal(await freePort(port), port)
})

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { startReplication, until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { openTestQueue } from './open-test-queue.ts'

const databaseUrl = 'postgres://not.used.example/carillon'

t.test('continues behind one address after the replica has become the primary', async (t) => {
  const servers = await startReplication(t)
  if (servers === undefined) return
  const { primary, replica } = servers
  const address = await openAddress(t, primary.port)
  const { queue, backend, startWorker } = openTestQueue<string>(t, { databaseUrl, redisUrl: address.url, prefix: 'test' })
  const seen: string[] = []
  startWorker(async (data) => { seen.push(data) })
  await queue.add([{ id: 'before', data: 'before' }])
  await until(() => seen.includes('before'))

  // The connections to the old primary stay open. Only its refusals show that it is now a replica.
  await replica.command('replicaof', 'no', 'one')
  address.leadTo(replica.port)
  await primary.command('replicaof', '127.0.0.1', String(replica.port))
  await until(async () => {
    await queue.add([{ id: 'after', data: 'after' }])
    return seen.includes('after')
  })
  t.match(await primary.command('info', 'replication'), 'role:slave')
  await until(() => backend.check().then(() => true))

  await queue.add([{ id: 'later', data: 'later', delayMs: 100 }])
  t.ok(await until(() => seen.includes('later')))
})

t.test('continues after a Redis was temporarily a replica', async (t) => {
  const servers = await startReplication(t)
  if (servers === undefined) return
  const { primary, replica } = servers
  const { queue, backend, startWorker } = openTestQueue<string>(t, { databaseUrl, redisUrl: primary.url, prefix: 'test' })
  const seen: string[] = []
  startWorker(async (data) => { seen.push(data) })
  await queue.add([{ id: 'before', data: 'before' }])
  await until(() => seen.includes('before'))
  await replica.command('replicaof', 'no', 'one')
  await primary.command('replicaof', '127.0.0.1', String(replica.port))
  await until(() => queue.add([{ id: 'refused', data: 'refused' }]).then(() => false, (error: Error) => /READONLY/.test(error.message)))
  await t.rejects(backend.check(), { message: /^REDIS_URL leads to a replica/ })
  await primary.command('replicaof', 'no', 'one')
  await until(async () => {
    await queue.add([{ id: 'after', data: 'after' }])
    return seen.includes('after')
  })
  t.equal(await backend.check(), undefined)
})

/** A TCP address whose new connections lead to a selectable server. Open connections stay. */
async function openAddress (t: Test, firstPort: number): Promise<{ url: string, leadTo: (port: number) => void }> {
  let target = firstPort
  const sockets = new Set<Socket>()
  const server = createServer((from) => {
    const to = connect(target, '127.0.0.1')
    for (const [one, other] of [[from, to], [to, from]] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy()).on('close', () => { sockets.delete(one); other.destroy() }).pipe(other)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  return { url: `redis://127.0.0.1:${port}`, leadTo: (next) => { target = next } }
}

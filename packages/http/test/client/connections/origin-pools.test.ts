import type { ServerResponse } from 'node:http'
import t from 'tap'
import type { Test } from 'tap'
import { until } from '@carillon/testing'
import { client, failure, web } from '../../local-server.ts'

interface HoldingServer {
  url: string
  /** The responses that wait. */
  held: ServerResponse[]
  /** The ports of all connections so far. */
  ports: Set<number | undefined>
  closed: number
}

/** A server that holds its responses. */
async function openHoldingServer (t: Test): Promise<HoldingServer> {
  const server: HoldingServer = { url: '', held: [], ports: new Set(), closed: 0 }
  server.url = await web(t, ({ socket }, response) => {
    if (!server.ports.has(socket.remotePort)) socket.once('close', () => { server.closed++ })
    server.ports.add(socket.remotePort)
    server.held.push(response)
  })
  return server
}

function release ({ held }: HoldingServer): void {
  for (const response of held.splice(0)) response.end('ok')
}

t.test('opens as many connections as there are requests in flight, and uses them again', async (t) => {
  const server = await openHoldingServer(t)
  const http = client(t, server.url)
  for (const round of [1, 2]) {
    const requests = Array.from({ length: 300 }, () => http.request({ method: 'GET', url: server.url }))
    await until(() => server.held.length === 300, { what: `all requests of round ${round} in flight` })
    t.same(http.countRequests(), { running: 300, waiting: 0 })
    release(server)
    await Promise.all(requests)
    t.equal(server.ports.size, 300, `round ${round}`)
  }
})

t.test('closes connections that are idle', async (t) => {
  const server = await openHoldingServer(t)
  const http = client(t, server.url, { idleTimeoutMs: 100 })
  const requests = Array.from({ length: 5 }, () => http.request({ method: 'GET', url: server.url }))
  await until(() => server.held.length === 5)
  release(server)
  await Promise.all(requests)
  await until(() => server.closed === 5, { what: 'the end of all connections' })
})

t.test('limits the connections to all origins, and closes an idle one for another origin', async (t) => {
  const [one, other] = [await openHoldingServer(t), await openHoldingServer(t)]
  const http = client(t, one.url, { trustedOrigins: [one.url, other.url], maxConnections: 2 })
  const first = [1, 2, 3].map(() => http.request({ method: 'GET', url: one.url }))
  const second = http.request({ method: 'GET', url: other.url })
  await until(() => one.held.length === 2)
  t.same(http.countRequests(), { running: 2, waiting: 2 })
  one.held.shift()?.end('ok')
  await until(() => other.held.length === 1, { what: 'the origin without a connection comes first' })
  t.equal(one.closed, 1)
  release(other)
  await second
  release(one)
  await until(() => one.held.length === 1)
  release(one)
  await Promise.all(first)
  t.same(http.countRequests(), { running: 0, waiting: 0 })
})

t.test('keeps a connection after a request that cannot be sent', async (t) => {
  const server = await openHoldingServer(t)
  const http = client(t, server.url, { connectionsPerOrigin: 1 })
  const refused = { method: 'GET', url: server.url, headers: { name: 'a\r\nb' } } as const
  t.equal((await failure(http.request(refused))).code, 'invalid')
  const request = http.request({ method: 'GET', url: server.url })
  const waiting = failure(http.request(refused))
  await until(() => server.held.length === 1)
  release(server)
  t.equal((await request).status, 200)
  t.equal((await waiting).code, 'invalid')
  const last = http.request({ method: 'GET', url: server.url })
  await until(() => server.held.length === 1)
  release(server)
  t.equal((await last).status, 200)
})

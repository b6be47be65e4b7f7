import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { until } from '@carillon/testing'
import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

const sandbox = await openTestSandbox(t, { bench: true })

async function openHosts (count: number): Promise<string[]> {
  return (await sandbox.call('POST', '/_control/webhook/hosts', { body: { count } })).json['data'] as string[]
}

async function behave (body: object): Promise<void> {
  t.match(await sandbox.call('POST', '/_control/webhook/behavior', { body }), { status: 200 })
}

async function counts (): Promise<Record<string, unknown>> {
  const { busyMs: _, ...counts } = (await sandbox.call('GET', '/_control/webhook/tally')).json
  return counts
}

async function send (host: string, id: string): Promise<number> {
  return (await fetch(`http://${host}/hooks/ann`, { method: 'POST', headers: { 'webhook-id': id }, body: '{}' })).status
}

/** Sends a request and does not wait for its response. */
function begin (host: string, id: string): Socket {
  const [hostname, port] = host.split(':')
  const socket = connect({ host: hostname, port: Number(port) })
  t.teardown(() => socket.destroy())
  socket.write(`POST /hooks/ann HTTP/1.1\r\nhost: ${host}\r\nwebhook-id: ${id}\r\ncontent-length: 2\r\n\r\n{}`)
  return socket
}

t.beforeEach(async () => { await sandbox.call('DELETE', '/_control/webhook/tally') })

t.test('counts the messages to many hosts', async (t) => {
  const hosts = await openHosts(20)
  t.equal(new Set(hosts).size, 20)
  t.same(await openHosts(5), hosts.slice(0, 5), 'it opens only those that are missing')
  for (const [index, host] of [...hosts, ...hosts.slice(0, 3)].entries()) t.equal(await send(host, `message-${index % 20}`), 204)
  t.same(await counts(), { distinct: 20, repeated: 3, refused: 0 })
})

t.test('never responds at a host that hangs, until it is restarted', async (t) => {
  const [hanging = '', other = ''] = await openHosts(2)
  await behave({ hanging: [hanging] })
  const socket = begin(hanging, 'lost')
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  t.equal(await send(other, 'arrives'), 204)
  t.same(await counts(), { distinct: 1, repeated: 0, refused: 0 })
  await behave({})
  await closed
  t.equal(socket.bytesRead, 0)
  t.equal(await send(hanging, 'lost'), 204)
  t.same(await counts(), { distinct: 2, repeated: 0, refused: 0 })
})

t.test('refuses requests to a host beyond its number at once', async (t) => {
  const [host = '', other = ''] = await openHosts(2)
  await behave({ medianMs: 60_000, maxAtOnce: 2 })
  begin(host, 'one')
  begin(host, 'two')
  await until(async () => isDeepStrictEqual(await counts(), { distinct: 2, repeated: 0, refused: 0 }), { what: 'both messages' })
  t.equal(await send(host, 'three'), 429)
  begin(other, 'four')
  await until(async () => isDeepStrictEqual(await counts(), { distinct: 3, repeated: 0, refused: 1 }), { what: 'the other host' })
})

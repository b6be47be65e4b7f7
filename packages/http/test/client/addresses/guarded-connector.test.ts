import type { AddressInfo } from 'node:net'
import { createServer, isIPv4 } from 'node:net'
import { once } from 'node:events'
import { freePort } from '@carillon/local'
import t from 'tap'
import type { Test } from 'tap'
import { createGuard } from '../../../src/client/addresses/guard.ts'
import type { Guard } from '../../../src/client/addresses/guard.ts'
import { createConnector, createGuardedConnector } from '../../../src/client/addresses/guarded-connector.ts'
import type { GuardedConnectorOptions } from '../../../src/client/addresses/guarded-connector.ts'
import { NameError } from '../../../src/client/addresses/name-error.ts'
import { toTransportError } from '../../../src/client/transport-error.ts'

type Resolve = GuardedConnectorOptions['resolve']

/** A name server that responds to each query with the next of `answers`. */
function resolving (...answers: string[][]): Resolve {
  return async () => (answers.shift() ?? []).map((address) => ({ address, family: isIPv4(address) ? 4 : 6 }))
}

/** A server that counts its connections. */
async function listening (t: Test, host: string, port = 0): Promise<{ port: number, visits: () => number }> {
  let visits = 0
  const server = createServer((socket) => {
    visits++
    socket.destroy()
  })
  server.listen(port, host)
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return { port: (server.address() as AddressInfo).port, visits: () => visits }
}

function connect (guard: Guard, resolve: Resolve, hostname: string, port: number, refused: string[] = []): Promise<string> {
  const connector = createGuardedConnector({ guard, timeoutMs: 2_000, resolve, onRefused: (host) => { refused.push(host) } })
  return new Promise((resolve, reject) => {
    connector({ hostname, protocol: 'http:', port: String(port) }, (error, socket) => {
      if (error !== null) return reject(error)
      resolve(socket.remoteAddress ?? '')
      socket.destroy()
    })
  })
}

t.test('refuses a name with a private address', async (t) => {
  const { port, visits } = await listening(t, '127.0.0.1')
  await t.rejects(connect(createGuard([]), resolving(['127.0.0.1']), 'innocent.example', port), { code: 'NO_ADDRESS' })
  t.equal(await connect(createGuard(['127.0.0.1']), resolving(['127.0.0.1']), 'innocent.example', port), '127.0.0.1')
  t.equal(visits(), 1, 'only the permitted one')
})

t.test('refuses a private address in any notation', async (t) => {
  const { port, visits } = await listening(t, '127.0.0.1')
  const addresses = ['127.0.0.1', '::ffff:127.0.0.1']
  const refused: string[] = []
  for (const address of addresses) {
    await t.rejects(connect(createGuard([]), resolving(), address, port, refused), { code: 'notAllowed' }, address)
  }
  t.equal(visits(), 0)
  t.same(refused, addresses)
})

t.test('refuses a name that resolves to another address the second time', async (t) => {
  const port = await freePort()
  await listening(t, '127.0.0.1', port)
  const forbidden = await listening(t, '127.0.0.2', port)
  const guard = createGuard(['127.0.0.1/32'])
  const names = resolving(['127.0.0.1'], ['127.0.0.2'])
  t.equal(await connect(guard, names, 'rebinding.example', port), '127.0.0.1')
  await t.rejects(connect(guard, names, 'rebinding.example', port), { code: 'NO_ADDRESS' })
  t.equal(forbidden.visits(), 0)
})

t.test('connects only to the permitted one of several addresses', async (t) => {
  const port = await freePort()
  await listening(t, '127.0.0.2', port)
  const before = await listening(t, '127.0.0.1', port)
  const after = await listening(t, '127.0.0.3', port)
  const sixth = await listening(t, '::1', port)
  const guard = createGuard(['127.0.0.2'])
  const orders = [['127.0.0.1', '::1', '127.0.0.2', '127.0.0.3'], ['127.0.0.2', '127.0.0.3', '::1'], ['::1', '127.0.0.3', '127.0.0.1', '127.0.0.2']]
  for (const order of orders) {
    t.equal(await connect(guard, resolving(order), 'mixed.example', port), '127.0.0.2', order.join())
  }
  t.same([before, after, sixth].map(({ visits }) => visits()), [0, 0, 0])
})

t.test('does not use a refused address when the permitted one does not respond', async (t) => {
  const { port, visits } = await listening(t, '127.0.0.1')
  // No server listens there, so the socket would try the next address if it had one.
  await t.rejects(connect(createGuard(['127.0.0.2']), resolving(['127.0.0.2', '127.0.0.1']), 'mixed.example', port), { code: 'ECONNREFUSED' })
  t.equal(visits(), 0)
})

t.test('reports that a name has no addresses', async (t) => {
  const connector = createConnector(2_000, resolving([]))
  const error = await new Promise((resolve) => {
    connector({ hostname: 'empty.example', protocol: 'http:', port: '80' }, (error, socket) => {
      socket?.destroy()
      resolve(error)
    })
  })
  t.match(error, { code: 'NO_ADDRESS' })
})

t.test('distinguishes a refused name from a missing one only in the log', async (t) => {
  const refused: string[] = []
  const missing: Resolve = async () => { throw new NameError('NO_ADDRESS') }
  const errors = []
  for (const resolve of [resolving(['10.9.8.7']), missing]) {
    const error: unknown = await connect(createGuard([]), resolve, 'innocent.example', 80, refused).catch((error) => error)
    errors.push(toTransportError(error, 'innocent.example'))
  }
  const [one, other] = errors.map((error) => ({ ...error, message: error.message }))
  t.same(one, other)
  t.equal(one?.message, 'innocent.example: no usable address for this host name (NO_ADDRESS)')
  t.notMatch(errors.map(({ stack }) => stack).join(), /10\.9\.8\.7/)
  t.same(refused, ['innocent.example'])
})

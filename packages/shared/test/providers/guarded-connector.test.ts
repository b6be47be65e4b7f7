import type { lookup } from 'node:dns'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { createGuard } from '../../src/providers/guard.ts'
import { createGuardedConnector } from '../../src/providers/guarded-connector.ts'
import { TransportError } from '../../src/providers/transport-error.ts'

/** A name server that answers each question with the next of `answers`. */
function resolving (...answers: string[][]): typeof lookup {
  const answer = (_: string, __: object, callback: (error: null, found: object[]) => void) =>
    callback(null, (answers.shift() ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))
  return answer as unknown as typeof lookup
}

async function listening (t: Test, host: string): Promise<number> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  t.teardown(() => { server.close() })
  return (server.address() as AddressInfo).port
}

function connect (guard: ReturnType<typeof createGuard>, names: typeof lookup, hostname: string, port: number): Promise<string> {
  const connector = createGuardedConnector(guard, 2_000, names)
  return new Promise((resolve, reject) => {
    connector({ hostname, protocol: 'http:', port: String(port) }, (error, socket) => {
      if (error !== null) return reject(error)
      resolve(socket.remoteAddress ?? '')
      socket.destroy()
    })
  })
}

t.test('refuses a name that stands for a private address', async (t) => {
  const port = await listening(t, '127.0.0.1')
  await t.rejects(connect(createGuard([]), resolving(['127.0.0.1']), 'innocent.example', port), { code: 'notAllowed' })
})

t.test('refuses a name that stood for an allowed address only the first time', async (t) => {
  const port = await listening(t, '127.0.0.1')
  const guard = createGuard(['127.0.0.1/32'])
  const names = resolving(['127.0.0.1'], ['10.0.0.1'])
  t.equal(await connect(guard, names, 'rebinding.example', port), '127.0.0.1')
  await t.rejects(connect(guard, names, 'rebinding.example', port), { code: 'notAllowed' })
})

t.test('connects to the allowed one of several addresses', async (t) => {
  const port = await listening(t, '127.0.0.2')
  const guard = createGuard(['127.0.0.2'])
  t.equal(await connect(guard, resolving(['127.0.0.1', '::1', '127.0.0.2']), 'mixed.example', port), '127.0.0.2')
})

t.test('does not tell which address was refused', async (t) => {
  const error: unknown = await connect(createGuard([]), resolving(['10.9.8.7']), 'innocent.example', 80).catch((error) => error)
  if (!(error instanceof TransportError)) return t.fail('no TransportError')
  t.equal(error.message, 'innocent.example: not allowed')
  t.notMatch(`${error.stack}${JSON.stringify(error)}`, /10\.9\.8\.7/)
})

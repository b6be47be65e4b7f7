import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

function start (t: Test, env: Record<string, string>): { child: ChildProcess, stderr: () => string } {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  t.teardown(() => child.kill('SIGKILL'))
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  return { child, stderr: () => stderr }
}

async function ready (child: ChildProcess): Promise<{ url: string, pumpioUrl: string }> {
  const [message] = await once(child, 'message') as [{ ready: boolean, url: string, pumpioUrl: string }]
  if (!message.ready) throw new Error('the sandbox said something else')
  return message
}

t.test('reports when it is ready and its address, and exits on request', async (t) => {
  const ways: Array<(child: ChildProcess) => unknown> = [
    (child) => child.kill('SIGTERM'),
    (child) => child.kill('SIGINT'),
    (child) => child.disconnect()
  ]
  for (const leave of ways) {
    const { child, stderr } = start(t, { SANDBOX_PORT: '0' })
    const { url, pumpioUrl } = await ready(child)
    t.equal((await fetch(`${pumpioUrl}/.well-known/host-meta.json`)).status, 200)
    const stream = await fetch(`${url}/screen/events`)
    t.equal(stream.status, 200, 'a client watches the page')
    leave(child)
    t.same(await once(child, 'exit'), [0, null])
    t.equal(stderr(), '')
  }
})

t.test('listens on loopback only, whatever HOST is', async (t) => {
  const { child } = start(t, { SANDBOX_PORT: '0', HOST: '0.0.0.0' })
  for (const url of Object.values(await ready(child)).filter((value) => typeof value === 'string')) {
    const { hostname, port } = new URL(url)
    t.equal(hostname, '127.0.0.1')
    // Another address of this machine. Only a server that listens on all addresses responds there.
    await t.rejects(fetch(`http://127.0.0.2:${port}/`), url)
  }
})

t.test('exits when its parent exits before it is ready', async (t) => {
  const { child, stderr } = start(t, { SANDBOX_PORT: '0' })
  child.disconnect()
  t.same(await once(child, 'exit'), [0, null])
  t.equal(stderr(), '')
})

t.test('reports in one line that its port is in use', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { child, stderr } = start(t, { SANDBOX_PORT: String(port) })
  t.same(await once(child, 'close'), [1, null])
  t.equal(stderr(), `SANDBOX_PORT: port ${port} on 127.0.0.1 is already in use; choose another, or 0 for any free one\n`)
})

t.test('reports in one line that the port of its pump.io is in use', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { child, stderr } = start(t, { SANDBOX_PORT: '0', SANDBOX_PUMPIO_PORT: String(port) })
  t.same(await once(child, 'close'), [1, null])
  t.equal(stderr(), `SANDBOX_PUMPIO_PORT: port ${port} on 127.0.0.1 is already in use; choose another, or 0 for any free one\n`)
})

t.test('reports in one line that its port is invalid', async (t) => {
  for (const value of ['x', '-1', '65536', '80.5']) {
    const { child, stderr } = start(t, { SANDBOX_PORT: value })
    t.same(await once(child, 'close'), [1, null])
    t.equal(stderr(), `SANDBOX_PORT: got "${value}", expected a port number from 0 to 65535\n`)
  }
})

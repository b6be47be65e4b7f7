import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { backends } from '@carillon/testing'
import t from 'tap'
import { startTestStack } from '../start-test-stack.ts'

const recipients = 40
const fileBytes = 1024 * 1024

t.test('downloads the file of a notification once for all recipients, and holds its bytes once', async (t) => {
  const [backend] = await backends()
  if (backend === undefined) throw new Error('there is no backend')
  const fetched: string[] = []
  const server = createServer((request, response) => {
    fetched.push(String(request.url))
    response.end(Buffer.alloc(fileBytes, 'x'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const stack = await startTestStack(t, await backend.open(t), { allowPrivateHosts: ['127.0.0.1'], leaseMs: 60_000 })
  const users = Array.from({ length: recipients }, (_, index) => `user-${index}`)
  await stack.connect(...users)
  const { fileStore } = stack.services
  let maxHeldBytes = 0
  const use = fileStore.use
  stack.services.fileStore.use = async (file, signal, work) => await use(file, signal, async (bytes) => {
    maxHeldBytes = Math.max(maxHeldBytes, fileStore.heldBytes())
    return await work(bytes)
  })
  const notify = async (path: string) => {
    const file = { name: 'report.bin', type: 'application/octet-stream', url: `${url}${path}` }
    const { id } = await stack.notify(users, { message: { type: 'file', file } })
    return await stack.counts(id)
  }
  t.match(await notify('/report'), { sent: recipients, failed: 0 })
  t.same(fetched, ['/report'])
  t.equal(maxHeldBytes, fileBytes)
  const arrived = await stack.inbox() as Array<{ item: { file_url?: string } }>
  t.equal(arrived.length, recipients)
  const stored = await fetch(String(arrived.at(-1)?.item.file_url))
  t.equal((await stored.arrayBuffer()).byteLength, fileBytes, 'and all of it arrives')

  t.match(await notify('/report'), { sent: recipients }, 'another notification')
  t.same(fetched, ['/report', '/report'], 'asks for it again: it may have changed')
})

import { openQueueBackend } from '../../src/queue/index.ts'
import { testDatabase, until } from '@carillon/testing'
import postgres from 'postgres'
import t from 'tap'

t.test('accepts and runs jobs although the database refused connections when the queue was opened', async (t) => {
  const { url } = await testDatabase(t)
  const elsewhere = new URL(url)
  elsewhere.pathname = '/postgres'
  const name = new URL(url).pathname.slice(1)
  const admin = postgres(elsewhere.href, { max: 1 })
  t.teardown(() => admin.end())
  await admin`alter database ${admin(name)} with allow_connections false`

  const backend = openQueueBackend({ databaseUrl: url, prefix: 'test', onError: () => {} })
  const queue = backend.openQueue<string>('late')
  const seen: string[] = []
  const worker = backend.openWorker<string>('late', async (data) => { seen.push(data) }, { concurrency: 1, lockMs: 10_000 })
  t.teardown(async () => {
    await worker.close()
    await queue.close()
    await backend.close()
  })
  await t.rejects(backend.ping(), 'a query fails at once')

  await admin`alter database ${admin(name)} with allow_connections true`
  await until(() => queue.add([{ id: 'one', data: 'hello' }]).then(() => true))
  await until(() => seen.length === 1)
  t.same(seen, ['hello'])
})

import { fileURLToPath } from 'node:url'
import { backends, spawnNode, until } from '@carillon/testing'
import t from 'tap'
import { openTestQueue } from './open-test-queue.ts'

const lockMs = 2_000
/**
 * Shorter than BullMQ's default of 30 s: a worker with the default must fail this test, which requires a takeover when the lock
 * ends.
 */
const patience = { timeoutMs: 25_000, what: 'the next worker has the job' }
const script = fileURLToPath(new URL('fixtures/worker-that-hangs.ts', import.meta.url))

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}, a job whose workers are killed repeatedly still goes to the next one`, { skip }, async (t) => {
    const stores = await open(t)
    const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, QUEUE_PREFIX: prefix } = stores
    const { queue, startWorker, errors } = openTestQueue<string>(t, { databaseUrl, redisUrl, prefix }, 'stalled')
    await queue.add([{ id: 'job-1', data: 'the job' }])
    for (let kills = 0; kills < 3; kills++) {
      const worker = spawnNode(t, script, { env: { ...stores, LOCK_MS: String(lockMs) } })
      await worker.ready
      await until(() => worker.stdout.includes('took the job'), patience)
      await worker.kill()
    }
    const seen: string[] = []
    startWorker(async (data) => { seen.push(data) }, { lockMs })
    await until(() => seen.length > 0, patience)
    t.same(seen, ['the job'])
    await until(async () => (await queue.live(['job-1'])).size === 0)
    t.same(errors, [], 'the queue does not fail it')
  })
}

import t from 'tap'
import { asJobQueue } from '../../src/queue/as-job-queue.ts'
import type { BullQueue } from '../../src/queue/as-job-queue.ts'

const nothing = async (): Promise<undefined> => undefined
const still: BullQueue = {
  add: nothing,
  addBulk: nothing,
  getJob: nothing,
  getJobState: async () => 'unknown',
  getJobScheduler: nothing,
  removeJobScheduler: nothing,
  upsertJobScheduler: nothing,
  close: nothing,
  on: () => {}
}

t.test('adds a single job with its options, separately', async (t) => {
  const added: unknown[] = []
  const bull: BullQueue = { ...still, add: async (...job) => { added.push(job) }, addBulk: async () => { throw new Error('There is but one') } }
  await asJobQueue(bull, () => {}).add([{ id: 'job-1', data: { a: 1 }, delayMs: 1.5 }])
  await asJobQueue(bull, () => {}).add([])
  t.same(added, [['job', { a: 1 }, { jobId: 'job-1', delay: 2 }]])
})

t.test('adds many jobs in parts, so each response is in time', async (t) => {
  const parts: string[][] = []
  const bull: BullQueue = { ...still, addBulk: async (jobs) => { parts.push(jobs.map(({ opts }) => opts.jobId)) } }
  const ids = Array.from({ length: 2_500 }, (_, number) => `job-${number}`)
  await asJobQueue(bull, () => {}).add(ids.map((id) => ({ id, data: {} })))
  t.same(parts.map(({ length }) => length), [1_000, 1_000, 500])
  t.same(parts.flat(), ids)
})

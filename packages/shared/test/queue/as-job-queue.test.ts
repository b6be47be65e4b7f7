import t from 'tap'
import { asJobQueue } from '../../src/queue/as-job-queue.ts'
import type { BullQueue } from '../../src/queue/as-job-queue.ts'

t.test('many jobs are added in parts, so that each part is answered in time', async (t) => {
  const parts: string[][] = []
  const nothing = async (): Promise<undefined> => undefined
  const bull: BullQueue = {
    addBulk: async (jobs) => { parts.push(jobs.map(({ opts }) => opts.jobId)) },
    getJob: nothing,
    getJobScheduler: nothing,
    removeJobScheduler: nothing,
    upsertJobScheduler: nothing,
    close: nothing,
    on: () => {}
  }
  const ids = Array.from({ length: 2_500 }, (_, number) => `job-${number}`)
  await asJobQueue(bull, () => {}).add(ids.map((id) => ({ id, data: {} })))
  t.same(parts.map(({ length }) => length), [1_000, 1_000, 500])
  t.same(parts.flat(), ids)
})

import { saveConnections } from '@carillon/shared/connections'
import { enqueuePull, findPull, pullQueueName, requestPull } from '@carillon/shared/pulls'
import type { PullJob } from '@carillon/shared/pulls'
import { backends, until } from '@carillon/testing'
import t from 'tap'
import { startTestStack } from '../start-test-stack.ts'
import { teamOf } from './open-pulls.ts'

for (const { kind, skip, open } of await backends()) {
  t.test(`reads when it is woken, long before the next round, with jobs in ${kind}`, { skip }, async (t) => {
    const stack = await startTestStack(t, await open(t), { offer: ['facebook'], reconcileEveryMs: 3_600_000 })
    const { backend, control, database, services } = stack
    const queue = backend.openQueue<PullJob>(pullQueueName)
    t.teardown(() => queue.close())
    const { data: [made] } = await control<{ data: Array<{ accessToken: string, userId: string }> }>('POST', '/accounts', { provider: 'facebook', count: 1 })
    const [saved] = await saveConnections(database, services.vault, [{
      ...await teamOf(database, 'ann'),
      provider: 'facebook',
      grant: { credentials: { accessToken: made?.accessToken ?? '' }, account: { id: made?.userId ?? '', name: 'ann' } }
    }])
    const id = saved?.id ?? ''
    const readAt = async (): Promise<Date | undefined> => (await findPull(database, id))?.succeededAt ?? undefined

    await enqueuePull(queue)
    const first = await until(readAt)
    for (let round = 0, before = first; round < 3; round++) {
      await requestPull(database, id)
      await Promise.all([enqueuePull(queue), enqueuePull(queue)])
      before = await until(async () => {
        const now = await readAt()
        return now !== undefined && now > before && now
      })
    }
    t.ok(first)
  })
}

t.test('combines the requests of one second in one job at its end', async (t) => {
  const jobs: Array<{ id: string, delayMs?: number }> = []
  const queue = { add: async (added: typeof jobs) => { jobs.push(...added) } }
  for (const now of [5_000, 5_001, 5_999, 6_000]) await enqueuePull(queue, now)
  t.match(jobs, [{ id: 'due-6', delayMs: 1_000 }, { id: 'due-6', delayMs: 999 }, { id: 'due-6', delayMs: 1 }, { id: 'due-7', delayMs: 1_000 }])
})

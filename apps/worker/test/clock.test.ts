import { fileURLToPath } from 'node:url'
import { backends, spawnNode, until } from '@carillon/testing'
import t from 'tap'
import { ended, importUsers, openProcesses } from './open-processes.ts'

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}, a worker whose clock is set an hour ahead and back sends everything`, { skip }, async (t) => {
    const { site, env } = await openProcesses(t, await open(t), { RECONCILE_SECONDS: '2' })
    const users = await importUsers(site, 100)
    const worker = spawnNode(t, fileURLToPath(new URL('fixtures/worker-with-other-clock.ts', import.meta.url)), { env })
    await worker.ready
    const setClock = async (): Promise<void> => {
      const count = (): number => worker.stdout.filter((line) => line.includes('clock set')).length
      const before = count()
      process.kill(worker.pid, 'SIGUSR2')
      await until(() => count() > before)
    }
    const ids: string[] = []
    let number = 0
    const notify = async (fields: object): Promise<void> => {
      const body = { audience: { userIds: users }, message: { type: 'note', title: `Hour ${number++}` }, ...fields }
      ids.push((await site.api<{ id: string }>('POST', '/v1/notifications', { body, expect: 202 })).id)
    }
    /** Deliveries that wait for a retry, for their start time, or for their segment of a broadcast. */
    const notifyAll = async (): Promise<void> => {
      // All of them are fewer than half of the 20 requests after which a breaker opens.
      await site.control('POST', '/faults', { provider: 'pushbullet', match: 'POST /v2/pushes', status: 503, times: 2 })
      await notify({})
      // More than a busy machine takes to accept it.
      await notify({ sendAt: new Date(Date.now() + 15_000).toISOString() })
      await notify({ audience: { everyone: true }, spreadOver: 3 })
    }
    await notifyAll()
    for (let jumps = 0; jumps < 3; jumps++) {
      await setClock()
      await notifyAll()
    }
    for (const id of ids) t.match(await ended(site, id), { sent: 100, failed: 0, unknown: 0 })
    t.equal((await site.inbox()).length, 100 * ids.length, 'and nothing twice')
  })
}

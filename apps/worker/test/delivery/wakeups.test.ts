import { backends, spawnApp, until } from '@carillon/testing'
import type { Backend, NodeProcess, Site } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { ended, importUsers, openProcesses } from '../open-processes.ts'

// Reconcile runs when a worker starts, and an hour later. It repairs nothing here, so each delivery needs its own wake-up.
// Each test has its own database and processes and mostly waits, so they run at the same time.
t.jobs = 3

const push = { provider: 'pushbullet', match: 'POST /v2/pushes' }

async function openWorkers (t: Test, open: Backend['open'], settings: Record<string, string> = {}) {
  const { site, env, database } = await openProcesses(t, await open(t), { RECONCILE_SECONDS: '3600', ...settings })
  const users = await importUsers(site, 100)
  const startWorker = async (): Promise<NodeProcess> => {
    const worker = spawnApp(t, 'worker', { env })
    await worker.ready
    return worker
  }
  const send = async (title: string, fields: object = {}): Promise<string> => {
    const body = { audience: { userIds: users }, message: { type: 'note', title }, ...fields }
    return (await site.api<{ id: string }>('POST', '/v1/notifications', { body, expect: 202 })).id
  }
  return { site, users, database, startWorker, send }
}

/** The requests that the provider holds back. */
async function countHeld (site: Site): Promise<number> {
  const { data } = await site.control<{ data: Array<{ struck: number, delayMs?: number }> }>('GET', '/faults')
  return data.filter(({ delayMs = 0 }) => delayMs > 0).reduce((sum, { struck }) => sum + struck, 0)
}

/** More than a busy machine takes to accept a notification. */
const secondsAhead = 15
const everyone = { audience: { everyone: true } }
interface Wait {
  name: string
  faults?: object[]
  fields?: () => object
  change?: (site: Site, id: string) => Promise<void>
}

const waits: Wait[] = [
  { name: 'a retry', faults: [{ ...push, status: 503, times: 5 }] },
  { name: 'a retry in a broadcast', faults: [{ ...push, status: 503, times: 5 }], fields: () => everyone },
  { name: 'the end of a rate limit', faults: [{ ...push, status: 429, headers: { 'retry-after': 2 }, times: 3 }] },
  { name: 'its start', fields: () => ({ sendAt: inSeconds(secondsAhead) }) },
  { name: 'the start of a broadcast', fields: () => ({ ...everyone, sendAt: inSeconds(secondsAhead) }) },
  { name: 'its turn in a broadcast', fields: () => ({ ...everyone, spreadOver: 3 }) },
  { name: 'to be resumed', fields: () => ({ sendAt: inSeconds(secondsAhead) }), change: pauseAndResume },
  { name: 'the provider to be back', faults: [{ ...push, status: 503 }], change: openBreaker },
  { name: 'the provider to be back, in a broadcast', faults: [{ ...push, status: 503 }], fields: () => everyone, change: openBreaker },
  { name: 'to be sent again after it failed', faults: [{ ...push, status: 400, body: { error: { param: 'body' } }, times: 100 }], change: failAndRetry },
  { name: 'a broadcast to be resumed', fields: () => ({ ...everyone, spreadOver: 3 }), change: pauseAndResume }
]

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}, a delivery needs no reconcile that waits for`, { skip }, async (t) => {
    const { site, startWorker, send } = await openWorkers(t, open)
    await startWorker()
    await startWorker()
    const isSent = ({ name, faults = [], fields, change }: Wait) => t.test(name, async (t) => {
      for (const fault of faults) await site.control('POST', '/faults', fault)
      const id = await send(name, fields?.())
      await change?.(site, id)
      t.match(await ended(site, id), { sent: 100, failed: 0, unknown: 0 })
      if (faults.length > 0) await site.control('DELETE', '/faults')
    })
    // A fault concerns every notification, so only the others run at the same time.
    const undisturbed = waits.filter(({ faults }) => faults === undefined)
    t.jobs = undisturbed.length
    await Promise.all(undisturbed.map(isSent))
    for (const wait of waits.filter(({ faults }) => faults !== undefined)) await isSent(wait)
  })

  t.test(`with jobs in ${kind}, a delivery needs no reconcile that waits for the limit per second`, { skip }, async (t) => {
    const { site, startWorker, send } = await openWorkers(t, open, { PUSHBULLET_MAX_PER_SECOND: '40' })
    await startWorker()
    await startWorker()
    for (const fields of [{}, everyone]) t.match(await ended(site, await send('Limited', fields)), { sent: 100, failed: 0, unknown: 0 })
  })

  for (const fields of [{}, everyone]) {
    const what = 'audience' in fields ? 'a broadcast' : 'a notification'
    t.test(`with jobs in ${kind}, the other worker sends what a worker that stops hands back of ${what}`, { skip }, async (t) => {
      const { site, startWorker, send } = await openWorkers(t, open)
      await site.control('POST', '/faults', { ...push, delayMs: 600_000 })
      const stopped = await startWorker()
      const id = await send('Handed back', fields)
      await until(async () => await countHeld(site) > 0)
      await startWorker()
      const exit = stopped.stop()
      await until(() => stopped.output().includes('stopping'))
      await site.control('DELETE', '/faults')
      t.match(await exit, { code: 0 })
      t.match(await ended(site, id), { sent: 100, failed: 0, unknown: 0 })
      t.equal((await site.inbox()).length, 100, 'nothing is sent twice')
    })
  }
}

/** Makes the provider fail until its breaker is open and no request is running. */
async function openBreaker (site: Site, id: string): Promise<void> {
  await until(async () => {
    const { data } = await site.api<{ data: Array<{ provider: string, breakers: Array<{ state: string }> }> }>('GET', '/v1/providers')
    return data.some(({ provider, breakers }) => provider === push.provider && breakers.some(({ state }) => state === 'open'))
  }, { what: 'an open breaker' })
  await until(async () => (await countsOf(site, id)).sending === 0, { what: 'all of them waiting' })
  await site.control('DELETE', '/faults')
}

async function failAndRetry (site: Site, id: string): Promise<void> {
  await ended(site, id)
  await site.api('POST', `/v1/notifications/${id}/retry`)
}

async function countsOf (site: Site, id: string): Promise<{ sending: number }> {
  return (await site.api<{ counts: { sending: number } }>('GET', `/v1/notifications/${id}`)).counts
}

async function pauseAndResume (site: Site, id: string): Promise<void> {
  await site.api('POST', `/v1/notifications/${id}/pause`)
  await until(async () => (await site.api<{ status: string }>('GET', `/v1/notifications/${id}`)).status === 'paused')
  // Waits until the due time has passed, so that its job finds nothing to do.
  await until(() => Date.now() > startOf(id) + (secondsAhead + 2) * 1_000)
  await site.api('POST', `/v1/notifications/${id}/resume`)
}

/** A UUIDv7 begins with its time. */
function startOf (id: string): number {
  return Number.parseInt(id.slice(id.indexOf('_') + 1).replaceAll('-', '').slice(0, 12), 16)
}

function inSeconds (seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString()
}

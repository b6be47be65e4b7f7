import t from 'tap'
import { ApiError } from '../../../src/api-error.ts'
import type { ServerEvent } from '../../../src/read-events.ts'
import { follow } from '../../../src/notifications/watch/follow.ts'
import { progressOf } from '../progress-of.ts'

type Connection = Array<ServerEvent | Error>

const open: ServerEvent = { event: 'open', id: undefined, data: '' }
const progressEvent = (id: string, progress: object): ServerEvent => ({ event: 'progress', id, data: JSON.stringify(progress) })

/** Each connection gets the next list of events. */
function openScript (...connectionScripts: Connection[]) {
  const requestedIds: Array<string | undefined> = []
  const connections: boolean[] = []
  const api = {
    async * events (_id: string, { lastEventId }: { lastEventId: string | undefined }) {
      requestedIds.push(lastEventId)
      for (const one of connectionScripts.shift() ?? []) {
        if (one instanceof Error) throw one
        yield one
      }
    }
  }
  const { signal } = new AbortController()
  const run = async (maxOutageMs = 10_000) => {
    const statuses: string[] = []
    const options = { signal, retryMs: 1, maxOutageMs, onConnection: (isConnected: boolean) => { connections.push(isConnected) } }
    for await (const { status } of follow(api, 'ntf_1', options)) statuses.push(status)
    return statuses
  }
  return { requestedIds, connections, run }
}

const queued = progressOf('sending', { queued: 2 })
const done = progressOf('completed', { sent: 2 })

t.test('follows until the notification is completed', async (t) => {
  const { run, requestedIds, connections } = openScript([open, progressEvent('1', queued), progressEvent('2', done), progressEvent('3', queued)])
  t.same(await run(), ['sending', 'completed'])
  t.same(requestedIds, [undefined])
  t.same(connections, [])
})

t.test('resumes a lost connection after the last event', async (t) => {
  const { run, requestedIds, connections } = openScript(
    [open, progressEvent('1', queued), new Error('reset')], [new Error('refused')], [new ApiError('x', 503, { body: '', requestId: undefined })], [open, progressEvent('2', done)])
  t.same(await run(), ['sending', 'completed'])
  t.same(requestedIds, [undefined, '1', '1', '1'])
  t.same(connections, [false, true])
})

t.test('reconnects if the API closes the stream early', async (t) => {
  const { run, requestedIds } = openScript([open, progressEvent('1', queued)], [open, progressEvent('2', done)])
  t.same(await run(), ['sending', 'completed'])
  t.same(requestedIds, [undefined, '1'])
})

t.test('ends if the API reports that there are no more events', async (t) => {
  const { run } = openScript([open, progressEvent('1', progressOf('canceled', { queued: 1 }))], [{ ...open, event: 'over' }])
  t.same(await run(), ['canceled'])
})

t.test('does not retry a refused request', async (t) => {
  const { run, requestedIds } = openScript([new ApiError('x', 404, { body: '{"detail":"gone"}', requestId: undefined })])
  await t.rejects(run(), { message: 'x returned 404: gone' })
  t.equal(requestedIds.length, 1)
})

t.test('fails if the API stays unavailable', async (t) => {
  const { run } = openScript([new Error('refused')], [new Error('refused')], [new Error('refused')])
  await t.rejects(run(0), { message: 'refused' })
})

t.test('does not wait for users to reconnect, and waits until planned deliveries are canceled', async (t) => {
  t.same(await openScript([progressEvent('1', progressOf('parked', { sent: 1, parked: 1 }))]).run(), ['parked'])
  const canceling = { ...progressOf('canceled', { canceled: 1 }), deliveries: 2 }
  const { run } = openScript([progressEvent('1', canceling), progressEvent('2', progressOf('canceled', { canceled: 2 }))])
  t.same(await run(), ['canceled', 'canceled'])
})

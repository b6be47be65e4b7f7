import t from 'tap'
import { ApiError } from '../../src/api-error.ts'
import type { ServerEvent } from '../../src/read-events.ts'
import { follow } from '../../src/notifications/follow.ts'
import { progressOf } from './progress-of.ts'

type Act = Array<ServerEvent | Error>

const open: ServerEvent = { event: 'open', id: undefined, data: '' }
const step = (id: string, progress: object): ServerEvent => ({ event: 'progress', id, data: JSON.stringify(progress) })

/** Each connection plays the next act. */
function play (...acts: Act[]) {
  const asked: Array<string | undefined> = []
  const connections: boolean[] = []
  const api = {
    async * events (_id: string, { lastEventId }: { lastEventId: string | undefined }) {
      asked.push(lastEventId)
      for (const one of acts.shift() ?? []) {
        if (one instanceof Error) throw one
        yield one
      }
    }
  }
  const { signal } = new AbortController()
  const run = async (patienceMs = 10_000) => {
    const statuses: string[] = []
    const following = { signal, retryMs: 1, patienceMs, onConnection: (isThere: boolean) => { connections.push(isThere) } }
    for await (const { status } of follow(api, 'ntf_1', following)) statuses.push(status)
    return statuses
  }
  return { asked, connections, run }
}

const queued = progressOf('sending', { queued: 2 })
const done = progressOf('completed', { sent: 2 })

t.test('follows to the end', async (t) => {
  const { run, asked, connections } = play([open, step('1', queued), step('2', done), step('3', queued)])
  t.same(await run(), ['sending', 'completed'])
  t.same(asked, [undefined])
  t.same(connections, [])
})

t.test('takes a lost connection up where it broke', async (t) => {
  const { run, asked, connections } = play(
    [open, step('1', queued), new Error('reset')], [new Error('refused')], [new ApiError('x', 503, '')], [open, step('2', done)])
  t.same(await run(), ['sending', 'completed'])
  t.same(asked, [undefined, '1', '1', '1'])
  t.same(connections, [false, true])
})

t.test('comes back when the API ends the events before the end', async (t) => {
  const { run, asked } = play([open, step('1', queued)], [open, step('2', done)])
  t.same(await run(), ['sending', 'completed'])
  t.same(asked, [undefined, '1'])
})

t.test('ends when the API says that there is no more', async (t) => {
  const { run } = play([open, step('1', progressOf('canceled', { queued: 1 }))], [{ ...open, event: 'over' }])
  t.same(await run(), ['canceled'])
})

t.test('does not ask again where it is refused', async (t) => {
  const { run, asked } = play([new ApiError('x', 404, '{"detail":"gone"}')])
  await t.rejects(run(), { message: 'x returned 404: gone' })
  t.equal(asked.length, 1)
})

t.test('gives up on an API that stays away', async (t) => {
  const { run } = play([new Error('refused')], [new Error('refused')], [new Error('refused')])
  await t.rejects(run(0), { message: 'refused' })
})

t.test('waits for no user to connect again, and for what is planned to be canceled', async (t) => {
  t.same(await play([step('1', progressOf('sending', { sent: 1, parked: 1 }))]).run(), ['sending'])
  const canceling = { ...progressOf('canceled', { canceled: 1 }), deliveries: 2 }
  const { run } = play([step('1', canceling), step('2', progressOf('canceled', { canceled: 2 }))])
  t.same(await run(), ['canceled', 'canceled'])
})

import t from 'tap'
import { ApiError } from '../../src/api-error.ts'
import { followEvents } from '../../src/operator/follow-events.ts'
import type { ServerEvent } from '../../src/read-events.ts'

const open: ServerEvent = { event: 'open', id: undefined, data: '' }
const recorded = (id: string): ServerEvent => ({ event: 'provider.resumed', id, data: JSON.stringify({ id }) })

/** Each connection gets the next list of events. The signal aborts after the last one. */
async function follow (after: string | undefined, ...script: Array<Array<ServerEvent | Error>>) {
  const requestedIds: Array<string | undefined> = []
  const states: boolean[] = []
  const received: string[] = []
  const interruption = new AbortController()
  const stream = async function * (_filter: object, { lastEventId }: { lastEventId: string | undefined }) {
    requestedIds.push(lastEventId)
    const events = script.shift() ?? []
    if (script.length === 0 && events.length === 0) interruption.abort()
    for (const one of events) {
      if (one instanceof Error) throw one
      yield one
    }
  }
  const onConnection = (isConnected: boolean) => { states.push(isConnected) }
  const options = { after, signal: interruption.signal, retryMs: 1, onConnection }
  for await (const { id } of followEvents({ stream }, {}, options)) received.push(id)
  return { requestedIds, states, received }
}

t.test('continues after the last event when the API was away', async (t) => {
  const unavailable = new ApiError('x', 503, { body: '', requestId: undefined })
  const { requestedIds, states, received } = await follow(
    'evt_1', [open, recorded('evt_2'), new Error('reset')], [unavailable], [open, recorded('evt_3')])
  t.same(received, ['evt_2', 'evt_3'])
  t.same(requestedIds, ['evt_1', 'evt_2', 'evt_2', 'evt_3'])
  t.same(states, [false, true, false])
})

t.test('misses no event when the connection is lost before the first one', async (t) => {
  const { requestedIds } = await follow(undefined, [open, new Error('reset')])
  t.match(requestedIds, [/^evt_0+-/, /^evt_0+-/], 'after the id of no event, the stream starts at the oldest one')
})

t.test('does not retry a refused request', async (t) => {
  const refused = new ApiError('x', 403, { body: '{"detail":"no scope"}', requestId: undefined })
  await t.rejects(follow(undefined, [refused]), { message: 'x returned 403: no scope' })
})

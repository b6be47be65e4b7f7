import { until } from '@carillon/testing'
import t from 'tap'
import { Agent, request } from 'undici'
import { openTestApi, textAt } from '../open-api.ts'
import { noteTo } from './seed.ts'

const api = await openTestApi(t, { environment: { MAX_STREAMS_PER_CALLER: '3' } })
const [token, another] = [await api.makeKey(), await api.makeKey()]

async function open (path: string, key = token): Promise<{ status: number, leave: () => Promise<void> }> {
  // One connection for each stream, which ends with it.
  const dispatcher = new Agent()
  t.teardown(() => dispatcher.destroy())
  const { statusCode: status, body } = await request(api.url + path, { headers: { authorization: `Bearer ${key}` }, dispatcher })
  body.on('error', () => {})
  return { status, leave: () => dispatcher.destroy() }
}

t.test('limits the open streams of each caller, of all kinds together', async (t) => {
  const { body } = await api.ask('POST', '/v1/notifications', {
    token, body: { ...noteTo('ann'), audience: { everyone: true }, sendAt: new Date(Date.now() + 3_600_000).toISOString() }
  })
  const progress = `/v1/notifications/${textAt(body, 'id')}/events`
  const streams = await Promise.all([open('/v1/events/stream'), open('/v1/events/stream'), open(progress)])
  t.same(streams.map(({ status }) => status), [200, 200, 200])
  for (const path of ['/v1/events/stream', progress]) {
    const answer = await api.ask('GET', path, { token })
    t.match(answer, { status: 429, headers: { 'retry-after': '10' }, body: { code: 'tooManyStreams', detail: /^This API key has 3 open streams/ } })
  }
  t.equal((await open('/v1/events/stream', another)).status, 200, 'another key has its own limit')

  for (const stream of streams) await stream.leave()
  await until(async () => {
    const { status, leave } = await open('/v1/events/stream')
    if (status !== 200) await leave()
    return status === 200
  })
})

t.test('requests at the same time do not exceed the limit', async (t) => {
  const key = await api.makeKey()
  const streams = await Promise.all(Array.from({ length: 8 }, () => open('/v1/events/stream', key)))
  t.equal(streams.filter(({ status }) => status === 200).length, 3)
  t.equal(streams.filter(({ status }) => status === 429).length, 5)
})

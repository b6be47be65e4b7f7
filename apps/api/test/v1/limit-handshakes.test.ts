import t from 'tap'
import { handshakesPerMinute } from '../../src/v1/limit-handshakes.ts'
import { openTestApi } from '../open-api.ts'

t.test('a user may begin so many handshakes a minute, and is told when the next', async (t) => {
  const api = await openTestApi(t)
  const [token, other] = [await api.makeUser('hana'), await api.makeUser('ida')]
  const open = (token: string, body: object = { provider: 'pushbullet' }) => api.ask('POST', '/v1/handshakes', { token, body })
  t.equal((await open(token, {})).status, 400, 'what is not valid does not count')

  const statuses = await Promise.all(Array.from({ length: handshakesPerMinute }, async () => (await open(token)).status))
  t.ok(statuses.every((status) => status === 201), 'all of them at once')

  const { status, headers, body } = await open(token)
  t.equal(status, 429)
  t.match(headers, { 'content-type': /^application\/problem\+json/, 'retry-after': /^\d+$/ })
  const waitSeconds = Number(headers['retry-after'])
  t.ok(waitSeconds > 0 && waitSeconds <= 60, `in ${waitSeconds} seconds`)
  t.match(body, { code: 'tooManyRequests', status: 429, detail: 'A user may begin 30 handshakes a minute' })
  t.equal((await open(other)).status, 201, 'nobody waits for somebody else')
  t.equal((await api.ask('GET', '/v1/connectors', { token })).status, 200, 'nor for anything else')
  t.match(await api.database.sql`select count(*)::int as handshakes from handshakes`, [{ handshakes: handshakesPerMinute + 1 }])
})

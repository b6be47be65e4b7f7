import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createSite, ownRedis, until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { runCarillon } from './run-carillon.ts'
import { spawnCarillon } from './spawn-carillon.ts'

async function journey (t: Test, env: Record<string, string> = {}) {
  const { carillon, upFile, addresses } = await spawnCarillon(t, env)
  t.equal((await stat(upFile)).mode & 0o777, 0o600, 'the operator key is for our eyes only')
  const { code, stdout } = await runCarillon(['doctor', '--json'], { CARILLON_DATA_DIR: dirname(upFile), ...env })
  const findings = JSON.parse(stdout) as Array<{ level: string, subject: string }>
  t.same(findings.filter(({ level }) => level !== 'ok'), [], 'carillon doctor finds what carillon up runs')
  t.equal(code, 0)
  for (const subject of ['carillon up', 'database', 'CARILLON_KEYS', 'worker', 'slack', 'email']) t.ok(findings.some((one) => one.subject === subject), subject)

  const { api, control, connect, inbox, notify, delivery, walk } = createSite(addresses)

  t.match(await walk('ann', { answer: 'deny' }), { text: /denied|not allowed|did not/i }, 'a user may say no')
  t.same(await inbox(), [])

  const connectionId = await connect('ann')
  const [welcome] = await until(async () => (await inbox('ann')).length > 0 && inbox('ann'))
  t.match(welcome?.item, { type: 'note', title: 'Pushbullet is connected', body: /Journey & Sons/ }, 'the welcome push arrives')

  const id = await notify(['ann', 'nobody'], 'The first notification')
  const sent = await delivery(id, connectionId, 'sent')
  t.equal(sent.attempts, 1)
  const received = (await inbox('ann')).filter(({ item }) => item.title === 'The first notification')
  t.match(received, [{ item: { guid: /^[0-9a-f-]{36}$/, body: 'This is a test.' } }])
  t.equal(received.length, 1)
  t.match(await api('GET', `/v1/notifications/${id}`), {
    status: 'completed', counts: { sent: 1 }, unreachable: [{ userId: 'nobody', reason: 'unknownUser' }]
  })

  await control('POST', '/tokens/revoke', { provider: 'pushbullet', account: 'ann' })
  const parked = await notify(['ann'], 'While she was away')
  await delivery(parked, connectionId, 'parked')
  t.match(await api('GET', `/v1/connections/${connectionId}`), { status: 'needsReauth' })
  t.equal(await connect('ann'), connectionId, 'reconnecting keeps the id')
  await delivery(parked, connectionId, 'sent')
  t.equal((await inbox('ann')).filter(({ item }) => item.title === 'While she was away').length, 1)

  await api('DELETE', `/v1/connections/${connectionId}`)
  t.match(await api('GET', `/v1/connections/${connectionId}`), { status: 'revoked' })

  t.same(await carillon.stop(), { code: 0, signal: undefined })
  await t.rejects(stat(upFile), { code: 'ENOENT' })
  await t.rejects(inbox(), { code: 'ECONNREFUSED' }, 'nothing is left running')
}

t.test('with jobs in PostgreSQL, a user connects, gets notifications, loses the connection and reconnects', (t) => journey(t))

t.test('with jobs in Redis, likewise', async (t) => {
  const redis = await ownRedis(t)
  if (redis !== undefined) await journey(t, { REDIS_URL: redis.url, QUEUE_PREFIX: redis.prefix })
})

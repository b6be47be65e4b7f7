import t from 'tap'
import { until } from '@carillon/testing'
import { openTestApi, textAt } from '../open-api.ts'
import { connectUsers, noteTo, planBroadcast } from '../v1/seed.ts'

t.test('accepts no notification while too many deliveries wait, and resumes automatically', async (t) => {
  const api = await openTestApi(t, { change: () => ({ maxWaiting: 3 }) })
  const token = await api.makeKey()
  await connectUsers(api, ['ann', 'bob', 'cleo'])
  const post = (body: object = noteTo('ann'), path = '') => api.ask('POST', `/v1/notifications${path}`, { token, body })
  t.equal((await post(noteTo('ann', 'bob', 'cleo'))).status, 202)
  const busy = await until(async () => {
    const answer = await post(noteTo('nobody'))
    return answer.status === 503 && answer
  })
  t.match(busy, { headers: { 'retry-after': /^\d+$/ }, body: { code: 'busy', status: 503 } })
  t.equal((await post({ notifications: [noteTo('ann')] }, '/batch')).status, 503, 'it refuses a batch too')
  const [found] = await api.database.sql`select count(*)::int as rows from deliveries`
  t.equal(found?.['rows'], 3)

  await api.database.sql`update deliveries set state = 'canceled', reason = 'canceled', due_at = null, job_id = null`
  await until(async () => (await post()).status === 202)
})

t.test('does not count retries of broadcasts or deliveries that are not due', async (t) => {
  const api = await openTestApi(t, { change: () => ({ maxWaiting: 2 }) })
  const token = await api.makeKey()
  const users = ['ann', 'bob', 'cleo']
  await connectUsers(api, users)
  const post = async (body: object) => await api.ask('POST', '/v1/notifications', { token, body })
  const id = textAt((await post({ ...noteTo(), audience: { everyone: true } })).body, 'id')
  await planBroadcast(api, id)
  await api.database.sql`
    insert into deliveries (notification_id, connection_id, provider, state, due_at, reason)
    select ${id.slice(4)}, id, provider, 'retrying', now(), 'handedBack' from connections`
  const later = { ...noteTo(...users), sendAt: new Date(Date.now() + 60_000).toISOString() }
  let accepted = 0
  const end = Date.now() + 2_500
  await t.resolves(until(async () => {
    const { status } = await post(later)
    if (status !== 202) throw new Error(`answered ${status}`)
    accepted++
    return Date.now() > end && accepted > 1
  }, { everyMs: 100 }))
})

import { until } from '@carillon/testing'
import t from 'tap'
import { openTestApi } from '../open-api.ts'

const token = 'metrics-token-of-a-test'

t.test('counts requests by the pattern of the route, for callers with METRICS_TOKEN', async (t) => {
  const api = await openTestApi(t, { environment: { METRICS_TOKEN: token } })
  const key = await api.makeKey()
  await api.ask('GET', '/v1/notifications/ntf_01890000-0000-7000-8000-000000000000?x=secret', { token: key })
  await api.ask('GET', '/nowhere/secret')
  await api.makeUser('maria')
  const body = { audience: { userIds: ['maria'] }, message: { type: 'note', title: 'Hello' } }
  t.match(await api.ask('POST', '/v1/notifications', { token: key, body }), { status: 202 })

  const lines = await until(async () => {
    const { body } = await api.ask('GET', '/metrics', { token })
    return String(body).includes('route="/v1/notifications",status="202"') && String(body).split('\n')
  })
  for (const line of [
    'carillon_http_requests_total{method="GET",route="/v1/notifications/:id",status="404"} 1',
    'carillon_http_requests_total{method="GET",route="none",status="404"} 1',
    'carillon_http_requests_total{method="POST",route="/v1/notifications",status="202"} 1',
    'carillon_http_request_duration_seconds_count{method="POST",route="/v1/notifications"} 1',
    'carillon_notifications_accepted_total 1',
    'carillon_due_deliveries{provider="pushbullet"} 0',
    'carillon_breaker_open{provider="pushbullet"} 0',
    'carillon_database_up 1'
  ]) t.ok(lines.includes(line), line)
  t.notMatch(lines.join('\n'), /secret|maria|0000-7000/)
})

t.test('shows no metrics to a caller without the token', async (t) => {
  const api = await openTestApi(t, { environment: { METRICS_TOKEN: token } })
  t.match(await api.ask('GET', '/metrics'), { status: 401, body: { code: 'unauthenticated' } })
  t.match(await api.ask('GET', '/metrics', { token: `${token}x` }), { status: 401, body: { code: 'invalidToken' } })
  t.match(await api.ask('GET', '/metrics', { token: await api.makeKey() }), { status: 401, body: { code: 'invalidToken' } })
})

t.test('has no metrics without METRICS_TOKEN', async (t) => {
  const api = await openTestApi(t)
  t.match(await api.ask('GET', '/metrics', { token: '' }), { status: 404, body: { code: 'notFound' } })
})

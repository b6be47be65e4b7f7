import { until } from '@carillon/testing'
import t from 'tap'
import { openTestApi, textAt } from '../open-api.ts'
import { noFirefox, openFirefox } from './open-firefox.ts'

t.setTimeout(180_000)

t.test('Firefox subscribes on our page, and shows our push', { skip: noFirefox }, async (t) => {
  const api = await openTestApi(t, { offer: ['webpush'] })
  const firefox = await openFirefox(t, `${api.sandboxUrl.replace('http', 'ws')}/webpush/socket`)
  await firefox.command('permissions.setPermission', { descriptor: { name: 'notifications' }, state: 'granted', origin: api.url })

  const token = await api.makeUser('ann', 'Ann')
  const { body } = await api.ask('POST', '/v1/handshakes', { token, body: { provider: 'webpush' } })
  const look = async () => (await api.ask('GET', `/v1/handshakes/${textAt(body, 'id')}`, { token })).body
  await firefox.navigate(textAt(body, 'startUrl'))
  t.equal(await firefox.evaluate("document.getElementById('error').hidden"), true)
  await firefox.evaluate("document.querySelector('#subscribe button').click()")
  const completed = await until(async () => {
    const current = await look()
    if (await firefox.evaluate("document.getElementById('error')?.textContent ?? ''") !== '') return current
    return textAt(current, 'status') === 'completed' && current
  }, { timeoutMs: 60_000, everyMs: 250, what: 'the subscription' })
  t.match(completed, { status: 'completed' }, String(await firefox.evaluate('document.body.innerText')))
  t.match(await until(() => firefox.evaluate('document.title'), { timeoutMs: 10_000 }), 'Web Push is connected')

  const connectionId = textAt(completed, 'connectionId')
  const key = await api.makeKey()
  const connection = (await api.ask('GET', `/v1/connections/${connectionId}`, { token: key })).body
  t.match(connection, { status: 'active', account: { name: /^Firefox on Linux$/ } })
  t.match(await api.ask('POST', `/v1/connections/${connectionId}/test`, { token: key, body: {} }), { status: 200 })

  const acknowledged = await until(async () => {
    const { data } = await api.control('GET', '/webpush/acknowledgments') as { data: Array<{ code: number }> }
    return data.length > 0 && data
  }, { timeoutMs: 30_000, everyMs: 250, what: 'the acknowledgment' })
  t.match(acknowledged, [{ code: 100 }], 'Firefox has decrypted it and given it to our worker')
  const notification = await until(() => firefox.evaluate(`navigator.serviceWorker.getRegistration('/connect/webpush/')
    .then((registration) => registration.getNotifications())
    .then(([first]) => first && { title: first.title, body: first.body, tag: first.tag })`), { timeoutMs: 30_000, what: 'the notification' })
  t.match(notification, { title: String, body: String, tag: /^[0-9a-f-]{36}$/ })
})

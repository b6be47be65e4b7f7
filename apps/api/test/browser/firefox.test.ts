import { until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { web } from '../../../../packages/http/test/local-server.ts'
import { openTestApi, textAt } from '../open-api.ts'
import { noFirefox, openFirefox } from './open-firefox.ts'

t.test('Firefox subscribes, and shows our push', { skip: noFirefox }, async (t) => {
  const site = await openSite(t)
  const api = await openTestApi(t, { offer: ['webpush'], allowedOrigins: [site.url] })
  const firefox = await openFirefox(t, `${api.sandboxUrl.replace('http', 'ws')}/webpush/socket`)
  const key = await api.makeKey()
  const allow = (origin: string) => firefox.command('permissions.setPermission', { descriptor: { name: 'notifications' }, state: 'granted', origin })

  await t.test('on our page', async (t) => {
    await allow(api.url)
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
    }, { everyMs: 250, what: 'the subscription' })
    t.match(completed, { status: 'completed' }, String(await firefox.evaluate('document.body.innerText')))
    await until(() => firefox.evaluate("document.title === 'Web Push is connected'"), { what: 'the last page' })
    await receivesTest(t, textAt(completed, 'connectionId'), '/connect/webpush/')
  })

  await t.test('on a page of the site, whose service worker imports ours, and again without another connection', async (t) => {
    await allow(site.url)
    site.serve({
      '/': { type: 'text/html', text: '<title>Site</title>' },
      '/sw.js': { type: 'text/javascript', text: `importScripts('${api.url}/connect/webpush/worker.js')` }
    })
    await firefox.navigate(`${site.url}/`)
    const token = await api.makeUser('ben', 'Ben')
    const connect = async () => await firefox.evaluate(`import('${api.url}/connect/webpush/subscribe.js')
      .then(({ connectBrowser }) => connectBrowser({ token: '${token}', worker: '/sw.js' }))
      .catch((error) => ({ status: error.message }))`)
    const completed = await connect()
    t.match(completed, { status: 'completed' })
    t.match(await connect(), { status: 'completed', connectionId: textAt(completed, 'connectionId') })
    await receivesTest(t, textAt(completed, 'connectionId'), '/')
  })

  /** Sends a test message. The notification belongs to the worker whose scope is `scope`. */
  async function receivesTest (t: Test, connectionId: string, scope: string): Promise<void> {
    const connection = (await api.ask('GET', `/v1/connections/${connectionId}`, { token: key })).body
    t.match(connection, { status: 'active', account: { name: /^Firefox on Linux$/ } })
    const acknowledgments = async () => (await api.control('GET', '/webpush/acknowledgments') as { data: Array<{ code: number }> }).data
    const before = (await acknowledgments()).length
    t.match(await api.ask('POST', `/v1/connections/${connectionId}/test`, { token: key, body: {} }), { status: 200 })
    const [acknowledged] = await until(async () => {
      const all = await acknowledgments()
      return all.length > before && all.slice(before)
    }, { everyMs: 250, what: 'the acknowledgment' })
    t.match(acknowledged, { code: 100 }, 'Firefox has decrypted it and given it to our worker')
    const notification = await until(() => firefox.evaluate(`navigator.serviceWorker.getRegistration('${scope}')
      .then((registration) => registration.getNotifications())
      .then(([first]) => first && { title: first.title, body: first.body, tag: first.tag })`), { what: 'the notification' })
    t.match(notification, { title: String, body: String, tag: /^[0-9a-f-]{36}$/ })
  }
})

interface SiteFile {
  type: string
  text: string
}

/** A site that has an origin of its own. */
async function openSite (t: Test) {
  let files: Record<string, SiteFile> = {}
  const url = await web(t, (request, response) => {
    const file = files[request.url ?? '']
    response.writeHead(file === undefined ? 404 : 200, { 'content-type': file?.type ?? 'text/plain' }).end(file?.text)
  })
  return { url, serve: (served: Record<string, SiteFile>) => { files = served } }
}

import { findDelivery, sealSeenToken } from '@carillon/shared/deliveries'
import { newId, parseId } from '@carillon/shared/db'
import { createBrowser } from '@carillon/testing'
import t from 'tap'
import { at, openTestApi, textAt } from '../open-api.ts'

const api = await openTestApi(t, { offer: ['webpush'], allowedOrigins: ['https://site.example'] })

async function open (user: string) {
  const token = await api.makeUser(user, `Name of ${user}`)
  const { body } = await api.ask('POST', '/v1/handshakes', { token, body: { provider: 'webpush', returnTo: 'https://site.example/settings' } })
  const id = textAt(body, 'id')
  return {
    token,
    startUrl: textAt(body, 'startUrl'),
    submit: (subscription: unknown) => api.ask('POST', `/v1/handshakes/${id}/subscription`, { token, body: subscription }),
    look: async () => (await api.ask('GET', `/v1/handshakes/${id}`, { token })).body
  }
}

async function subscribe (account: string): Promise<Record<string, unknown>> {
  const { body } = await api.ask('GET', '/v1/webpush/key', { token: await api.makeUser('anyone') })
  return await api.control('POST', '/webpush/browsers', { account, applicationServerKey: at(body, 'publicKey') }) as Record<string, unknown>
}

t.test('connects a browser over the API', async (t) => {
  const { submit, look } = await open('ann')
  t.match(await look(), { status: 'pending', kind: 'subscribe' })
  const subscription = await subscribe('browser of ann')
  t.match(await submit({ ...subscription, endpoint: 'https://evil.example/' }), { status: 400, body: { errors: [{ path: 'endpoint' }] } })
  t.match(await submit({ ...subscription, more: true }), { status: 400 })
  t.match(await look(), { status: 'pending' }, 'the browser may try again')
  t.match(await submit(subscription), { status: 200, body: { status: 'completed', connectionId: /^con_/ } })
  t.match(await submit(subscription), { status: 409, body: { code: 'handshakeOver' } })
})

t.test('connects a browser on the page', async (t) => {
  const { startUrl, look } = await open('ben')
  const browser = createBrowser()
  const page = await browser.get(startUrl)
  t.match(page.text, 'Turn on notifications')
  t.match(page.text, /<script type="module" src="[^"]*\/connect\/assets\/\.\.\/webpush\/subscribe-page\.js">/)
  for (const wrong of ['', 'null', '{"endpoint":"https://evil.example/"}']) {
    const refused = await browser.submit(page, { subscription: wrong })
    t.match(refused, { status: 422, text: /This browser cannot be connected: the subscription / })
  }
  const elsewhere = await createBrowser().submit(page, { subscription: '{}' })
  t.match(elsewhere.text, /Reason: foreignCookie/, 'the first answer bound the handshake to its browser')
  const done = await browser.submit(page, { subscription: JSON.stringify(await subscribe('browser of ben')) })
  t.match(done.location, /^https:\/\/site\.example\/settings\?carillon=connected&provider=webpush&handshake=hsk_[\w-]+&connection=con_[\w-]+#$/)
  t.match(await look(), { status: 'completed' })
})

t.test('a browser belongs to the user who connected it last', async (t) => {
  const subscription = await subscribe('shared browser')
  const first = await open('cleo')
  const { body } = await first.submit(subscription)
  const second = await open('dan')
  t.match(await second.submit(subscription), { status: 200 })
  const key = await api.makeKey()
  t.match((await api.ask('GET', `/v1/connections/${textAt(body, 'connectionId')}`, { token: key })).body, { status: 'revoked' })
})

t.test('serves scripts that sites may load from their own pages', async (t) => {
  for (const [name, text] of [['worker.js', `'${api.url}/connect'`], ['subscribe.js', `'${api.url}/v1'`], ['subscribe-page.js', './subscribe.js']] as const) {
    const { status, headers, text: script } = await createBrowser().get(`${api.url}/connect/webpush/${name}`)
    t.equal(status, 200)
    t.match(headers, {
      'content-type': /^text\/javascript/, 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin'
    })
    t.ok(script.replaceAll('"', "'").includes(text), `${name} contains ${text}`)
    t.notMatch(script, /'\{\w+\}'/)
  }
  const preflight = { origin: 'https://site.example', 'access-control-request-method': 'GET' }
  t.equal((await api.ask('OPTIONS', '/v1/webpush/key', { headers: preflight })).headers['access-control-allow-origin'], 'https://site.example')
  t.match(await api.ask('GET', '/v1/pushbullet/key', { token: await api.makeUser('eve') }), { status: 404 })
})

t.test('records once that the user opened a message', async (t) => {
  const { database, services: { accepter, vault } } = api
  const { submit } = await open('finn')
  const { body } = await submit(await subscribe('browser of finn'))
  const connectionId = parseId('connection', textAt(body, 'connectionId')) ?? ''
  const notificationId = newId()
  await accepter.accept({ id: notificationId, origin: 'api', audience: { userIds: ['finn'] }, message: { type: 'note', title: 'Hello' } })
  await database.sql`
    update deliveries set state = 'sent', due_at = null, job_id = null, attempts = 1, receipt = '{"id":"1"}'
    where notification_id = ${notificationId}`
  const report = (token: string) => createBrowser().post(`${api.url}/connect/seen`, { token }, { origin: 'https://site.example' })
  const seen = async () => (await findDelivery(database, notificationId, connectionId))?.history.filter(({ event }) => event === 'seen').length
  for (const token of ['', 'nonsense', sealSeenToken(vault, [connectionId, notificationId])]) t.equal((await report(token)).status, 204)
  t.equal(await seen(), 0)
  const token = sealSeenToken(vault, [notificationId, connectionId])
  for (let times = 0; times < 2; times++) t.equal((await report(token)).status, 204)
  t.equal(await seen(), 1)
  const path = `/v1/notifications/ntf_${notificationId}/deliveries/con_${connectionId}`
  t.match((await api.ask('GET', path, { token: await api.makeKey() })).body, { state: 'sent', explanation: /The user opened it at \d{4}-.*Z\.$/ })
})

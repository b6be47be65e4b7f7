import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { APP, openTestFacebook } from './open-test-facebook.ts'

/** The app: stores the notices, and responds with `appResponse`. */
const notices: Array<{ path: string, type: string, signed: string }> = []
let appResponse: { status: number, body: string } = { status: 200, body: '{}' }
let onTold = (): void => {}
const app = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => { body += chunk.toString() })
  request.on('end', () => {
    notices.push({ path: request.url ?? '', type: request.headers['content-type'] ?? '', signed: new URLSearchParams(body).get('signed_request') ?? '' })
    response.writeHead(appResponse.status).end(appResponse.body)
    onTold()
  })
})
await new Promise<void>((resolve) => { app.listen(0, '127.0.0.1', resolve) })
t.teardown(() => app.close())
const url = `http://127.0.0.1:${(app.address() as AddressInfo).port}`
const settings = { deauthorizeUrl: `${url}/deauthorize`, deletionUrl: `${url}/delete` }
const facebook = await openTestFacebook(t, {
  env: { SANDBOX_FACEBOOK_DEAUTHORIZE_URL: settings.deauthorizeUrl, SANDBOX_FACEBOOK_DELETION_URL: settings.deletionUrl }
})
t.beforeEach(() => { notices.length = 0 })

function read (signed: string): Record<string, unknown> {
  const [signature, payload = ''] = signed.split('.')
  t.equal(signature, createHmac('sha256', APP.secret).update(payload).digest('base64url'), 'it is signed')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
}

t.test('notifies the app, in a signed request, that a user removed it', async (t) => {
  const { account, userId, accessToken } = await facebook.member()
  const { status, json } = await facebook.control('/facebook/remove-app', { account })
  t.match([status, json], [200, { data: [{ kind: 'deauthorize', account, userId, status: 200 }] }])
  t.match(notices, [{ path: '/deauthorize', type: /^application\/x-www-form-urlencoded/ }])
  t.match(read(notices[0]?.signed ?? ''), { algorithm: 'HMAC-SHA256', user_id: userId, issued_at: Number })
  t.match(await facebook.debug(accessToken), { is_valid: false, error: { subcode: 458 } })
  t.match(await facebook.control('/facebook/remove-app', { account }), { status: 400 }, 'who has removed it cannot do so again')
})

t.test('requests the deletion of data, and stores the confirmation', async (t) => {
  appResponse = { status: 200, body: '{"url": "https://app.example/deletions/7", "confirmation_code": "7"}' }
  const { account } = await facebook.member()
  const { json } = await facebook.control('/facebook/remove-app', { account, deleteData: true })
  t.match(json, { data: [{ kind: 'deauthorize' }, { kind: 'deletion', statusUrl: 'https://app.example/deletions/7', confirmationCode: '7' }] })
  t.same(notices.map(({ path }) => path), ['/deauthorize', '/delete'])
  const { json: { data } } = await facebook.control('/facebook/notices')
  t.match((data as object[]).at(-1), { kind: 'deletion', account, confirmationCode: '7' })
})

t.test('lets a person remove the app on a page', async (t) => {
  appResponse = { status: 200, body: '{"url": "https://app.example/deletions/8", "confirmation_code": "code-8"}' }
  const { account } = await facebook.member()
  const page = await facebook.call('GET', `/facebook/www/settings?account=${account}`)
  t.match(page, { status: 200, text: /Remove/ })
  t.notMatch(page.text, 'creates an account', 'an unknown person has nothing to remove')
  const { status, text } = await facebook.call('POST', '/facebook/www/settings', { body: new URLSearchParams({ account, deleteData: 'true' }) })
  t.match([status, text], [200, /is removed.*code-8/s])
  t.match(await facebook.call('POST', '/facebook/www/settings', { body: new URLSearchParams({ account: 'nobody' }) }), { status: 404 })
})

t.test('notifies the app when the app itself removes its permissions', async (t) => {
  const { accessToken, userId } = await facebook.member()
  const isTold = new Promise<void>((resolve) => { onTold = resolve })
  t.match(await facebook.graph('DELETE /me/permissions', { access_token: accessToken }), { status: 200 })
  await isTold
  t.match(read(notices[0]?.signed ?? ''), { user_id: userId })
})

t.test('sends no notice without an address in the settings, and reports a missing response', async (t) => {
  await facebook.control('/facebook/app', { deauthorizeUrl: null })
  t.match(await facebook.control('/facebook/remove-app', { account: (await facebook.member()).account }), { json: { data: [] } })
  t.same(notices, [])
  await facebook.control('/facebook/app', { deauthorizeUrl: 'http://127.0.0.1:1/' })
  t.match(await facebook.control('/facebook/app'), { json: { id: APP.id, deauthorizeUrl: 'http://127.0.0.1:1/' } })
  t.match(await facebook.control('/facebook/remove-app', { account: (await facebook.member()).account }), { json: { data: [{ status: null }] } })
  t.match(await facebook.control('/facebook/app', { deauthorizeUrl: 'ftp://x' }), { status: 400 })
  await facebook.control('/reset', {})
  t.match(await facebook.control('/facebook/app'), { json: settings }, 'a reset restores the first settings')
})

import { createBrowser } from '@carillon/testing'
import t from 'tap'
import { at, openTestApi, textAt } from '../open-api.ts'

const api = await openTestApi(t, { offer: ['pumpio'] })
await api.control('POST', '/quirks', { provider: 'pumpio', quirk: 'ignoresVerifier', on: false })

async function openVerifier (user: string, on = api) {
  const token = await on.makeUser(user)
  const asked = { provider: 'pumpio', kind: 'verifier', account: `${user}@${on.pumpioHost}`, returnTo: 'https://site.example/' }
  const { status, body } = await on.ask('POST', '/v1/handshakes', { token, body: asked })
  const id = textAt(body, 'id')
  /** Grants access at the provider, and reads the verifier. */
  const read = async () => {
    const page = await createBrowser().get(`${textAt(body, 'authorizeUrl')}&auto=allow&account=${user}`)
    return /id="verifier"[^>]*>([^<]+)</.exec(page.text)?.[1]?.trim() ?? ''
  }
  const give = (verifier: string) => on.ask('POST', `/v1/handshakes/${id}/verifier`, { token, body: { verifier } })
  const look = async () => (await on.ask('GET', `/v1/handshakes/${id}`, { token })).body
  return { token, status, body, id, read, give, look, startUrl: textAt(body, 'startUrl') }
}

t.test('starts immediately and returns where to read the verifier', async (t) => {
  const { status, body, look, id } = await openVerifier('vera')
  t.equal(status, 201)
  t.match(body, { kind: 'verifier', status: 'pending', authorizeUrl: new RegExp(`^http://${api.pumpioHost}/oauth/authorize\\?oauth_token=`) })
  t.same(await look(), body)
  const [row] = await api.database.sql<Array<{ pending: string }>>`select pending from handshakes where id = ${id.slice(4)}`
  t.match(row?.pending, /^v1\.test\./, 'and keeps it sealed')
})

t.test('connects with the verifier, with or without spaces around it', async (t) => {
  const { read, give, look } = await openVerifier('velma')
  const { status, body } = await give(` ${await read()} `)
  t.equal(status, 200)
  t.match(body, { status: 'completed', connectionId: /^con_/, error: null })
  t.notOk(at(body, 'authorizeUrl'))
  t.same(await look(), body)
  t.match((await give('again')).body, { status: 409, code: 'handshakeOver', reason: 'alreadyUsed' })
})

t.test('allows several attempts with a wrong verifier, up to a limit', async (t) => {
  const { read, give, look } = await openVerifier('vic')
  t.match((await give('not yet allowed')).body, { status: 422, code: 'wrongVerifier', detail: /9 more/ })
  const right = await read()
  t.match((await give('wrong')).body, { status: 422, code: 'wrongVerifier' })
  t.match((await give(right)).body, { status: 'completed' })
  t.match(await look(), { status: 'completed' })

  const stubborn = await openVerifier('stan')
  await stubborn.read()
  const answers = []
  for (let index = 0; index < 10; index++) answers.push((await stubborn.give(`guess-${index}`)).body)
  t.match(answers.slice(0, 9).map((body) => at(body, 'code')), Array(9).fill('wrongVerifier'))
  t.match(answers[9], { code: 'handshakeFailed', reason: 'wrongVerifier' })
  t.match(await stubborn.look(), { status: 'failed', error: 'wrongVerifier' })
})

t.test("treats another handshake's verifier as a wrong one", async (t) => {
  const [mine, other] = [await openVerifier('mia'), await openVerifier('otto')]
  const [right, foreign] = [await mine.read(), await other.read()]
  t.match((await mine.give(foreign)).body, { code: 'wrongVerifier' })
  t.match((await mine.give(right)).body, { status: 'completed' })
  t.match((await api.ask('POST', `/v1/handshakes/${other.id}/verifier`, { token: mine.token, body: { verifier: foreign } })).status, 404)
  t.match(await other.look(), { status: 'pending' })
})

t.test('lets one of several concurrent requests with the verifier succeed', async (t) => {
  const { read, give, look } = await openVerifier('wanda')
  const verifier = await read()
  const answers = await Promise.all(Array.from({ length: 8 }, () => give(verifier)))
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.equal(answers.filter(({ status }) => status === 409).length, 7)
  t.match(await look(), { status: 'completed' })
})

t.test('accepts the verifier again after the host was temporarily unavailable', async (t) => {
  const { read, give } = await openVerifier('walt')
  const verifier = await read()
  await api.control('POST', '/faults', { provider: 'pumpio', match: '/oauth/access_token', status: 503, times: 1 })
  t.match((await give(verifier)).body, { status: 502, code: 'providerUnavailable' })
  t.match((await give(verifier)).body, { status: 'completed' })
})

t.test('has a page that shows input errors', async (t) => {
  const { read, startUrl, look } = await openVerifier('vivian')
  const browser = createBrowser()
  const page = await browser.get(startUrl)
  t.equal(page.status, 200)
  t.match(page.text, /Connect pump\.io to your account at/)
  t.match(page.text, `http://${api.pumpioHost}/oauth/authorize?oauth_token=`)
  t.match(page.headers['content-security-policy'], "default-src 'none'")
  const again = await browser.submit(page, { verifier: 'wrong' })
  t.equal(again.status, 422)
  t.match(again.text, /The verifier is wrong/)
  t.equal((await browser.submit(page, { verifier: ' ' })).status, 422)
  t.equal((await browser.post(`${api.url}/connect/pumpio/verifier`, { handshake: 'x', verifier: 'y' })).status, 404)
  const forged = await browser.post(`${api.url}/connect/pumpio/verifier`, { handshake: startUrl.split('=')[1] ?? '', verifier: 'y' }, { origin: 'https://evil.example' })
  t.match(forged.text, /Reason: notSameOrigin/)
  t.match((await browser.submit(again, { verifier: await read() })).location, 'https://site.example/?carillon=connected&provider=pumpio')
  t.match(await look(), { status: 'completed' })
  t.match((await browser.get(startUrl)).location, 'https://site.example/?carillon=connected&provider=pumpio', 'its link shows its result')
  t.match((await createBrowser().get(startUrl)).text, /Reason: alreadyUsed/, 'another browser does not see it')
})

t.test('refuses a verifier after ten minutes, through the API and on the page', async (t) => {
  const late = await openTestApi(t, { offer: ['pumpio'] })
  const { read, give, startUrl, id } = await openVerifier('late', late)
  const verifier = await read()
  const browser = createBrowser()
  const page = await browser.get(startUrl)
  late.advance(10 * 60_000)
  t.match((await give(verifier)).body, { status: 409, code: 'handshakeOver', reason: 'expired' })
  t.match((await browser.submit(page, { verifier })).text, /Reason: expired/)
  t.match((await late.ask('GET', `/v1/handshakes/${id}`, { token: await late.makeUser('late') })).body, { status: 'expired' })
})

t.test('requires an account exactly where the provider needs one', async (t) => {
  const token = await api.makeUser('ann')
  const open = async (body: object) => (await api.ask('POST', '/v1/handshakes', { token, body: { provider: 'pumpio', ...body } })).body
  t.match(await open({}), { status: 400, errors: [{ path: 'account', message: /is required by pump\.io/ }] })
  t.match(await open({ account: 'nobody' }), { status: 400, errors: [{ path: 'account', message: /nick@host/ }] })
  t.match(await open({ kind: 'code', account: `ann@${api.pumpioHost}` }), { status: 400, errors: [{ path: 'kind' }] })
  t.match((await api.ask('GET', '/v1/connectors', { token })).body, {
    data: [{ provider: 'pumpio', kinds: ['redirect', 'verifier'], needsAccount: true }]
  })
})

t.test('reports that the database was unavailable when it lost the connection and responds again', async (t) => {
  const { read, give, look } = await openVerifier('nils')
  const verifier = await read()
  await api.database.sql`create function end_session() returns trigger language plpgsql as
    $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$`
  await api.database.sql`create trigger end_session after insert on connections execute function end_session()`
  t.teardown(() => api.database.sql`drop function end_session cascade`)
  t.match((await give(verifier)).body, { reason: 'unavailable' })
  t.match(await look(), { status: 'failed', error: 'unavailable' })
})

import { createBrowser } from '@carillon/testing'
import t from 'tap'
import { openTestApi, textAt } from '../open-api.ts'

const api = await openTestApi(t, { offer: ['pushbullet', 'pumpio', 'blotre', 'telegram', 'ntfy', 'discord', 'webpush'] })
const reader = await api.makeKey('connections:read')
const returnTo = 'https://site.example/settings'

const kinds: Array<[provider: string, kind: string, account?: string]> = [
  ['pushbullet', 'redirect'], ['pumpio', 'verifier', `ann@${api.pumpioHost}`], ['blotre', 'code'], ['telegram', 'link'], ['ntfy', 'confirm'],
  ['discord', 'paste'], ['webpush', 'subscribe']
]

async function open (user: string, [provider, kind, account]: typeof kinds[number], back: string | undefined = returnTo) {
  const { body } = await api.ask('POST', '/v1/handshakes', {
    token: await api.makeUser(user), body: { provider, kind, account, ...back !== '' && { returnTo: back } }
  })
  const id = textAt(body, 'id')
  return {
    id,
    startUrl: textAt(body, 'startUrl'),
    cancelUrl: `${api.url}/connect/${provider}/cancel`,
    look: async () => (await api.ask('GET', `/v1/handshakes/${id}`, { token: reader })).body
  }
}

for (const way of kinds) {
  const [provider, kind] = way
  t.test(`leads back to the site from the page for ${kind}`, async (t) => {
    const { id, startUrl, cancelUrl, look } = await open('ann', way)
    const browser = createBrowser()
    const page = await browser.get(startUrl)
    t.match(page.text, `action="${cancelUrl}"`)
    const outcome = `${returnTo}?carillon=failed&provider=${provider}&reason=canceled&handshake=${id}#`
    t.match(await browser.post(cancelUrl, { handshake: id }), { status: 303, location: outcome })
    t.match(await look(), { status: 'failed', error: 'canceled', connectionId: null, userId: 'ann' })
    t.equal((await browser.post(cancelUrl, { handshake: id })).location, outcome, 'a double click ends in the same way')
    t.equal((await browser.get(startUrl)).location, outcome)
    t.match((await createBrowser().get(startUrl)).text, /Reason: alreadyUsed/)
  })
}

t.test('only the browser of the handshake cancels it, from our own page', async (t) => {
  const { id, startUrl, cancelUrl, look } = await open('bea', ['pushbullet', 'redirect'])
  const browser = createBrowser()
  await browser.submit(await browser.get(startUrl))
  t.match((await createBrowser().post(cancelUrl, { handshake: id })).text, /Reason: foreignCookie/)
  t.match((await browser.post(cancelUrl, { handshake: id }, { origin: 'https://evil.example' })).text, /Reason: notSameOrigin/)
  t.match((await browser.post(cancelUrl, { handshake: 'hsk_0' })).text, /Reason: unknownHandshake/)
  t.match(await look(), { status: 'pending' })
})

t.test('shows no button when the site has named no page', async (t) => {
  const { startUrl } = await open('cem', ['pushbullet', 'redirect'], '')
  t.notMatch((await createBrowser().get(startUrl)).text, /Cancel/)
})

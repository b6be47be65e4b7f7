import { ProviderError } from '@carillon/shared/providers'
import type { Provider } from '@carillon/shared/providers'
import { createBrowser } from '@carillon/testing'
import type { Page } from '@carillon/testing'
import t from 'tap'
import { at, openTestApi, textAt } from '../open-api.ts'
import { openWalkOf, wordsOf } from './open-walks.ts'

/** The simulated service, connected by a link. A test reports who opened it, with a secret instead of a signature. */
function withLink (provider: Provider): Provider {
  return {
    ...provider,
    handshakes: { link: { begin: async (code) => ({ url: `https://app.example/open?start=${code}` }) } },
    inbound: {
      read ({ headers, body }) {
        if (headers['x-secret'] !== 'shared-secret') throw new ProviderError({ kind: 'unauthorized', reason: 'wrong secret' }, 'app.example')
        const { id, code, account } = JSON.parse(body.toString())
        const grant = { credentials: { accessToken: `token-of-${account}` }, account: { id: account, name: `@${account}` } }
        return { id, events: [{ kind: 'linkOpened', code, grant }] }
      }
    }
  }
}

const api = await openTestApi(t, {
  change: ({ providers }) => ({ providers: new Map([...providers].map(([id, provider]) => [id, withLink(provider)])) })
})
const returnTo = 'https://site.example/settings'
let messages = 0

async function open (user: string) {
  return await openWalkOf(api, user, { provider: 'pushbullet', kind: 'link', returnTo, displayName: `Name of ${user}` })
}

/** The service reports that an account opened the link with this code. */
async function report (code: string, account: string, secret = 'shared-secret') {
  return await api.ask('POST', '/inbound/pushbullet', { body: { id: `message-${++messages}`, code, account }, headers: { 'x-secret': secret } })
}

function codeOn ({ text }: Page): string {
  return /start=([\w-]+)"/.exec(text)?.[1] ?? ''
}

t.test('offers the kind, and returns the link', async (t) => {
  const { token, look } = await open('ann')
  t.match((await api.ask('GET', '/v1/connectors', { token })).body, { data: [{ kinds: ['link'], needsAccount: false }] })
  t.match(await look(), { kind: 'link', status: 'pending', linkUrl: /^https:\/\/app\.example\/open\?start=[\w-]{32}$/ })
})

t.test('asks the browser that began whether the account is its user\'s, and connects it', async (t) => {
  const { browser, startUrl, look } = await open('bob')
  const start = await browser.get(startUrl)
  t.match(wordsOf(start), 'Connect Pushbullet to Name of bob')
  t.notMatch(start.text, 'start=', 'the link follows after the browser is known')
  const linkPage = await browser.submit(start)
  t.match(linkPage.text, /<img class="qr" src="data:image\/svg\+xml;base64,/)
  t.match(wordsOf(await browser.submit(linkPage)), 'has not reported yet')
  const progress = () => browser.post(`${api.url}/connect/pushbullet/opened`, { handshake: startUrl.split('=')[1] ?? '' }, { accept: 'application/json' })
  t.same(JSON.parse((await progress()).text), { status: 'pending', location: null })

  t.equal((await report(codeOn(linkPage), 'bob-there')).status, 200)
  t.match(await look(), { status: 'pending', accountToConfirm: { name: '@bob-there' }, connectionId: null })
  t.match(JSON.parse((await progress()).text), { status: 'opened', location: /\/connect\/pushbullet\/account\?/ })
  const asked = await browser.follow(await browser.submit(linkPage))
  t.match(wordsOf(asked), 'Connect the Pushbullet account @bob-there to Name of bob')
  t.match(wordsOf(asked), 'The link was opened with this account.')
  t.match((await browser.submit(asked)).location, 'carillon=connected')
  t.match(await look(), { status: 'completed', connectionId: /^con_/ })
  t.match((await browser.submit(linkPage)).location, 'carillon=connected', 'a second submission leads to the outcome')
})

t.test('connects nothing when the user says that it was not them', async (t) => {
  const { browser, startUrl, look } = await open('carl')
  const linkPage = await browser.submit(await browser.get(startUrl))
  await report(codeOn(linkPage), 'mallory')
  const asked = await browser.follow(await browser.submit(linkPage))
  t.match((await browser.submit(asked, { decision: 'decline' })).location, 'reason=accountDeclined')
  t.match(await look(), { status: 'failed', error: 'accountDeclined', connectionId: null })
})

t.test('lets only the browser that began confirm', async (t) => {
  const { browser, startUrl, look, id } = await open('dora')
  const linkPage = await browser.submit(await browser.get(startUrl))
  const other = createBrowser()
  t.match((await other.get(startUrl)).text, /Reason: foreignCookie/)
  t.match((await other.post(`${api.url}/connect/pushbullet/opened`, { handshake: id })).text, /Reason: foreignCookie/)
  await report(codeOn(linkPage), 'dora-there')
  t.match((await other.get(`${api.url}/connect/pushbullet/account?handshake=${id}`)).text, /Reason: foreignCookie/)
  t.match((await other.post(`${api.url}/connect/pushbullet/account`, { handshake: id, decision: 'connect' })).text, /Reason: foreignCookie/)
  t.match(await look(), { status: 'pending' })
})

t.test('asks about the first account that opened the link', async (t) => {
  const { browser, startUrl, look } = await open('erik')
  const code = codeOn(await browser.submit(await browser.get(startUrl)))
  const [first] = await Promise.all([report(code, 'first'), look()])
  t.equal(first.status, 200)
  t.equal((await report(code, 'second')).status, 200)
  t.match(await look(), { accountToConfirm: { name: '@first' } })
})

t.test('is confirmed over the API too', async (t) => {
  const { id, token, look } = await open('fay')
  const confirm = (accept: boolean) => api.ask('POST', `/v1/handshakes/${id}/confirm`, { token, body: { accept } })
  t.match(await confirm(true), { status: 409, body: { reason: 'nothingToConfirm' } })
  await report(textAt(await look(), 'linkUrl').split('start=')[1] ?? '', 'fay-there')
  t.match(await confirm(true), { status: 200, body: { status: 'completed', connectionId: /^con_/ } })
  t.notOk(at(await look(), 'linkUrl'))
})

t.test('ignores links that are unknown or have expired, and refuses reports that the service did not send', async (t) => {
  t.equal((await report('unknown', 'gus')).status, 200)
  const { browser, startUrl, look } = await open('gus')
  const linkPage = await browser.submit(await browser.get(startUrl))
  t.match(await report(codeOn(linkPage), 'gus-there', 'guessed'), { status: 401, body: { code: 'invalidSignature' } })
  t.equal(at(await look(), 'accountToConfirm'), undefined)
  api.advance(11 * 60_000)
  await report(codeOn(linkPage), 'gus-there')
  t.match(await look(), { status: 'expired' })
  t.match((await browser.submit(linkPage)).location, 'reason=expired')
})

t.test('keeps the code and the grant out of the database and the log', async (t) => {
  const { browser, startUrl } = await open('hal')
  const code = codeOn(await browser.submit(await browser.get(startUrl)))
  await report(code, 'hal-there')
  const rows = JSON.stringify(await api.database.sql`select * from handshakes`) + JSON.stringify(await api.database.sql`select * from notices`)
  for (const secret of [code, 'token-of-hal-there', 'shared-secret']) {
    t.notMatch(rows, secret)
    t.notMatch(api.logLines.join(''), secret)
  }
})

import { createBrowser } from '@carillon/testing'
import t from 'tap'
import { openAddressApi, wrongCode } from '../handshakes/open-address-api.ts'
import { wordsOf } from '../handshakes/open-walks.ts'

const { api, post, open } = await openAddressApi(t)
const latest = (address: string) => post.sent.get(address)?.at(-1) ?? { code: '', url: '', site: '' }
const done = /^https:\/\/site\.example\/\?carillon=connected&provider=dove&handshake=hsk_[\w-]+&connection=con_[\w-]+#?$/

/** A browser on the page for the code. */
async function atCode (user: string) {
  const opened = await open(user)
  const browser = createBrowser()
  const sent = await browser.submit(await browser.get(opened.startUrl), { address: `${user}@coop` })
  return { ...opened, browser, page: await browser.follow(sent), ...latest(`${user}@coop`) }
}

t.test('has a field for the address, and one for the code', async (t) => {
  const { startUrl, look } = await open('ann')
  const browser = createBrowser()
  const page = await browser.get(startUrl)
  t.match(wordsOf(page), /Connect Dove Post to ann at Bell & Sons.*Address.*It is painted on the coop\. We send a code to it.*id ann/)
  t.match(page.text, 'placeholder="nick@coop"')
  t.match(page.text, '<button class="quiet">Cancel</button>')
  t.match(wordsOf(await browser.submit(page, { address: ' ' })), /Enter the Address first/)
  const wrong = await browser.submit(page, { address: '"><b>nowhere' })
  t.equal(wrong.status, 422)
  t.match(wordsOf(wrong), /The address must be like nick@coop\./)
  t.match(wrong.text, 'value="&quot;&gt;&lt;b&gt;nowhere"', 'the text stays in the field')

  const codePage = await browser.follow(await browser.submit(wrong, { address: 'ann@coop' }))
  t.match(wordsOf(codePage), /We sent a code to ann@coop\. Enter it here, or open the link in the message\./)
  t.match(codePage.text, /inputmode="numeric" autocomplete="one-time-code"/)
  t.match(wordsOf(await browser.submit(codePage, { code: '' })), /Enter the code first/)
  t.match(wordsOf(await browser.submit(codePage, { code: wrongCode(latest('ann@coop').code) })), /The code is wrong\. You can try again 9 more times/)
  t.match(wordsOf(await browser.get(startUrl)), /We sent a code to ann@coop/, 'its link shows the same page')
  t.match((await browser.submit(codePage, { code: latest('ann@coop').code })).location, done)
  t.match(await look(), { status: 'completed' })
  t.match((await browser.get(startUrl)).location, done)
  t.match((await createBrowser().get(startUrl)).text, /Reason: alreadyUsed/)
})

t.test('makes an address for a user who has none, and shows where it is read', async (t) => {
  const { startUrl } = await open('nina')
  const browser = createBrowser()
  const page = await browser.get(startUrl)
  t.match(page.text, '<button class="quiet" name="generate" value="1" formnovalidate>Build a coop for me</button>')
  const codePage = await browser.follow(await browser.submit(page, { generate: '1' }))
  t.match(wordsOf(codePage), /We sent a code to built@coop/)
  t.match(codePage.text, /<a href="dove:\/\/built@coop">app<\/a>/)
  t.match(codePage.text, /<img class="qr" src="data:image\/svg\+xml;base64,/)
})

t.test('connects at once where the address is the proof', async (t) => {
  const { startUrl } = await open('gus', 'gull')
  const browser = createBrowser()
  const page = await browser.get(startUrl)
  t.notMatch(wordsOf(page), /We send a code/)
  t.match((await browser.submit(page, { address: 'gus@coop' })).location, 'https://site.example/?carillon=connected&provider=gull&handshake=hsk_')
})

t.test('connects by the link in the message, on any device', async (t) => {
  const { url, look, browser, page, startUrl } = await atCode('phil')
  const phone = createBrowser()
  for (let opened = 0; opened < 3; opened++) {
    const { status, headers } = await phone.get(url)
    t.equal(status, 200)
    t.equal(headers['referrer-policy'], 'same-origin')
  }
  t.equal((await phone.get(url, { 'sec-purpose': 'prefetch' })).status, 200)
  t.match(await look(), { status: 'pending' }, 'opening it changes nothing')
  t.match(await (await browser.post(`${api.url}/connect/dove/progress`, { handshake: startUrl.split('=')[1] ?? '' }, { accept: 'application/json' })).text, '"pending"')

  const asked = await phone.get(url)
  t.match(wordsOf(asked), /Connect phil@coop to phil at Bell & Sons\?.*Account at Bell & Sons.*id phil\. If this is not your account, another person entered your address: close this page/)
  t.match((await phone.post(`${api.url}/connect/dove/confirm`, Object.fromEntries(new URL(url).searchParams), { origin: 'https://evil.example' })).text, /Reason: notSameOrigin/)
  const connected = await phone.submit(asked)
  t.equal(connected.status, 200, 'another device is not sent to the site')
  t.match(wordsOf(connected), /Dove Post is connected.*You can close this page/)
  t.match(await look(), { status: 'completed' })
  const progress = await browser.post(`${api.url}/connect/dove/progress`, { handshake: startUrl.split('=')[1] ?? '' }, { accept: 'application/json' })
  t.match(JSON.parse(progress.text), { status: 'completed', location: done }, 'the first browser learns it')
  t.match((await phone.submit(asked)).text, /Reason: alreadyUsed/, 'a link works once')
  t.match((await phone.get(url)).text, /Reason: alreadyUsed/)
  t.match((await browser.submit(page, { code: '000000' })).location, done)
})

t.test('sends the browser of the handshake back to the site after the link', async (t) => {
  const { url, browser } = await atCode('same')
  t.match((await browser.submit(await browser.get(url))).location, done)
})

t.test('refuses a wrong link, and a link that a later message replaced', async (t) => {
  const { url, browser, page, resend, look } = await atCode('ole')
  const wrong = new URL(url)
  wrong.searchParams.set('link', 'guessed')
  for (let index = 0; index < 12; index++) t.match((await createBrowser().get(wrong.href)).text, /Reason: linkReplaced/)
  const asked = await createBrowser().get(url)
  t.equal((await resend()).status, 429)
  api.advance(30_000)
  t.match((await browser.get(page.url)).text, 'data-wait="0"')
  t.equal((await browser.post(`${api.url}/connect/dove/resend`, { handshake: page.url.split('=')[1] ?? '' })).status, 303)
  t.match((await createBrowser().get(url)).text, /Reason: linkReplaced/)
  t.match((await createBrowser().submit(asked)).text, /Reason: linkReplaced/)
  t.match(await look(), { status: 'pending' })
  t.match((await createBrowser().submit(await createBrowser().get(latest('ole@coop').url))).text, /Dove Post is connected/)
})

t.test('lets only the browser that entered the address enter the code', async (t) => {
  const { page, code, startUrl, look } = await atCode('ivy')
  const other = createBrowser()
  t.match((await other.get(startUrl)).text, /Reason: foreignCookie/)
  for (const path of ['code', 'address', 'resend', 'progress']) {
    const fields = { handshake: page.url.split('=')[1] ?? '', code, address: 'eve@coop' }
    t.match((await other.post(`${api.url}/connect/dove/${path}`, fields)).text, /Reason: foreignCookie/, path)
    t.match((await other.post(`${api.url}/connect/dove/${path}`, fields, { origin: 'https://evil.example' })).text, /Reason: notSameOrigin/, path)
    t.match((await other.post(`${api.url}/connect/dove/${path}`, { ...fields, handshake: 'hsk_none' })).text, /Reason: unknownHandshake/, path)
  }
  t.match(await look(), { status: 'pending' })
})

t.test('lets the user correct the address', async (t) => {
  const { browser, startUrl, look } = await atCode('tom')
  const page = await browser.get(`${startUrl}&change=1`)
  t.match(page.text, 'placeholder="nick@coop"')
  const next = await browser.follow(await browser.submit(page, { address: 'thomas@coop' }))
  t.match(wordsOf(next), /We sent a code to thomas@coop/)
  await browser.submit(next, { code: latest('thomas@coop').code })
  t.match(await look(), { status: 'completed' })
})

t.test('shows an expired handshake on each page', async (t) => {
  const { browser, page, code, url } = await atCode('late')
  api.advance(15 * 60_000)
  t.match((await browser.get(url)).text, /Reason: expired/)
  t.match((await browser.submit(page, { code })).location, /\?carillon=failed&provider=dove&reason=expired&handshake=hsk_[\w-]+#$/)
})

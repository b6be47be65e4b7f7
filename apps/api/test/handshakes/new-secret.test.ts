import { createBrowser } from '@carillon/testing'
import { eraseNewSecrets } from '@carillon/shared/handshakes'
import t from 'tap'
import { at } from '../open-api.ts'
import { openAddressApi } from './open-address-api.ts'
import { wordsOf } from './open-walks.ts'

const { api, post, open } = await openAddressApi(t)
const latest = (address: string) => post.sent.get(address)?.at(-1) ?? { code: '', url: '', site: '' }
const back = 'https://site.example/?carillon=connected&amp;provider=dove'
const minute = 60_000

async function stored (id: string): Promise<string> {
  const [row] = await api.database.sql<Array<{ all: string }>>`select handshakes::text as all from handshakes where id = ${id.slice(4)}`
  return row?.all ?? ''
}

t.test('returns a new secret over the API for ten minutes after connecting', async (t) => {
  const { id, give, confirm, look } = await open('ann')
  const sent = await give('caged_ann@coop')
  t.notOk(at(sent.body, 'newSecret'), 'not before the address is proven')
  const { body } = await confirm(latest('caged_ann@coop').code)
  const newSecret = { label: 'Cage key', value: 'key-of-caged_ann@coop', hint: 'It opens the cage.' }
  t.match(body, { status: 'completed', newSecret })
  t.match(await look(), { newSecret })
  t.notOk((await stored(id)).includes('key-of'), 'the row does not contain it in clear text')
  t.notOk(api.logLines.join('').includes('key-of'), 'nor does the log')

  api.advance(5 * minute)
  t.match(await look(), { newSecret })
  api.advance(5 * minute)
  t.same(at(await look(), 'newSecret'), undefined)
  t.match(await api.database.sql`select new_secret is null as erased from handshakes where id = ${id.slice(4)}`, [{ erased: false }])
  await eraseNewSecrets(api.database, Date.now() + 10 * minute)
  t.match(await api.database.sql`select new_secret is null as erased from handshakes where id = ${id.slice(4)}`, [{ erased: true }])
})

t.test('returns it only to its user', async (t) => {
  const { id, give, confirm } = await open('bea')
  await give('caged_bea@coop')
  await confirm(latest('caged_bea@coop').code)
  const token = await api.makeUser('eve')
  t.equal((await api.ask('GET', `/v1/handshakes/${id}`, { token })).status, 404)
})

t.test('shows it on a page of ours, with a link back to the site', async (t) => {
  const { startUrl } = await open('cleo')
  const browser = createBrowser()
  const codePage = await browser.follow(await browser.submit(await browser.get(startUrl), { address: 'caged_cleo@coop' }))
  t.notMatch(codePage.text, 'key-of')
  const page = await browser.submit(codePage, { code: latest('caged_cleo@coop').code })
  t.equal(page.status, 200)
  t.equal(page.headers['cache-control'], 'no-store')
  t.match(wordsOf(page), /Dove Post is connected.*Cage key key-of-caged_cleo@coop.*It opens the cage\. Store it now.*Continue to Bell & Sons/)
  t.match(page.text, back)
  t.match(wordsOf(await browser.get(startUrl)), /key-of-caged_cleo@coop/, 'a reload shows it again')
  t.notMatch((await createBrowser().get(startUrl)).text, 'key-of', 'another browser does not see it')
  api.advance(10 * minute)
  t.match((await browser.get(startUrl)).location, back.replace('&amp;', '&'))
})

t.test('shows it in the first browser, and not where the link in the message was opened', async (t) => {
  const { startUrl } = await open('dora')
  const browser = createBrowser()
  await browser.follow(await browser.submit(await browser.get(startUrl), { address: 'caged_dora@coop' }))
  const phone = createBrowser()
  const connected = await phone.submit(await phone.get(latest('caged_dora@coop').url))
  t.match(wordsOf(connected), /Dove Post is connected/)
  t.notMatch(connected.text, 'key-of')
  const handshake = startUrl.split('=')[1] ?? ''
  const progress = await browser.post(`${api.url}/connect/dove/progress`, { handshake }, { accept: 'application/json' })
  t.match(JSON.parse(progress.text), { status: 'completed', location: null }, 'the script stays here')
  t.match(wordsOf(await browser.post(`${api.url}/connect/dove/progress`, { handshake })), /Cage key key-of-caged_dora@coop/)
})

t.test('shows it where the address is the proof', async (t) => {
  const { startUrl } = await open('finn', 'gull')
  const browser = createBrowser()
  t.match(wordsOf(await browser.submit(await browser.get(startUrl), { address: 'caged_finn@coop' })), /Gull Post is connected.*key-of-caged_finn@coop/)
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import { openSandbox } from '@carillon/sandbox'
import { createApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import { createSite, spawnApp, testDatabase, testKeys, until } from '@carillon/testing'
import type { Locator, Page } from 'playwright-core'
import t from 'tap'
import type { Test } from 'tap'
import { allDefinitions } from '../../../../packages/shared/test/providers/conformance/all-definitions.ts'
import { readTraits } from '../../../../packages/shared/test/providers/conformance/read-traits.ts'
import { item } from './on-pages.ts'
import { noChromium, openChromium } from '@carillon/testing/chromium'

/** No provider has more pages between the list and the site. */
const maxPages = 10

t.test('every provider of users is connected by clicking, leads back to the site, and its simulator shows what arrives', { skip: noChromium }, async (t) => {
  const { url: DATABASE_URL } = await testDatabase(t)
  const database = openDatabase({ url: DATABASE_URL, max: 1 })
  t.teardown(() => database.close())
  const { key: operatorKey } = await createApiKey(database, { name: 'test', scopes: [...scopes] })
  const sandbox = await openSandbox()
  t.teardown(() => sandbox.close())
  const { url: siteUrl, referers } = await openSitePage(t)
  const returnTo = `${siteUrl}/settings?tab=notifications`
  const env = { DATABASE_URL, CARILLON_KEYS: testKeys(), PORT: '0', SITE_NAME: 'Bell & Sons', ALLOWED_ORIGINS: siteUrl, RECONCILE_SECONDS: '1', ...sandbox.environment() }
  const app = spawnApp(t, 'api', { env })
  const { url: apiUrl } = await app.ready
  spawnApp(t, 'worker', { env })
  const site = createSite({ apiUrl, sandboxUrl: sandbox.url, operatorKey })
  const chromium = await openChromium(t)

  const { data: connectors } = await site.api<{ data: Array<{ provider: string, kinds: string[] }> }>(
    'GET', '/v1/connectors', { token: await site.mintToken('visitor') })
  // A browser that subscribes needs the push service of its maker: firefox.test.ts.
  const clicked = connectors.filter(({ kinds }) => !kinds.includes('subscribe')).map(({ provider }) => provider)
  for (const { id, name } of allDefinitions.filter(({ id, holder }) => holder === 'user' && clicked.includes(id))) {
    await t.test(name, async (t) => {
      const { journey } = await readTraits(id)
      const simulatorUrl = sandbox.ownHosts.find((own) => own.id === id)?.url ?? `${sandbox.url}/${id}`
      const control = <Result>(path: string, body: object) => site.control<Result>('POST', path, body)
      const account = `${id}-user`
      const address = await journey.addressOf?.(account, simulatorUrl, control) ?? account
      const context = await chromium.newContext()
      t.teardown(() => context.close())
      const page = await context.newPage()
      const screen = await context.newPage()
      await screen.goto(sandbox.url)
      const cards = screen.locator('.phone').filter({ has: screen.locator('.provider').getByText(name, { exact: true }) }).locator('.card')
      const { connectUrl } = await site.api<{ connectUrl: string }>('POST', '/v1/user-tokens', { body: { userId: id, returnTo } })
      await page.goto(connectUrl)
      const host = item(page, id).getByRole('textbox')
      await item(page, id).getByRole('button').first().waitFor()
      t.equal(await page.getByRole('link', { name: 'Back to Bell & Sons' }).getAttribute('href'), returnTo)
      if (await host.count() > 0) await host.fill(`${account}@${new URL(simulatorUrl).host}`)
      await item(page, id).getByRole('button', { name: 'Connect' }).first().click()
      await page.waitForURL((url) => url.pathname !== '/connect')
      await clickThrough(page, { ownUrl: apiUrl, returnTo, account, address, cards })
      const [connection] = (await site.api<{ data: Array<{ id: string }> }>('GET', `/v1/connections?userId=${id}`)).data
      const query = new URL(page.url()).searchParams
      t.match(Object.fromEntries(query), { tab: 'notifications', carillon: 'connected', provider: id, connection: connection?.id })
      t.match(await site.api('GET', `/v1/handshakes/${query.get('handshake')}`), {
        status: 'completed', provider: id, userId: id, connectionId: connection?.id, error: null
      })
      t.same(referers.splice(0), [undefined], 'the site does not learn the address of the connect page')
      await site.delivery(await site.notify([id], 'Hello'), connection?.id ?? '', 'sent')
      await until(async () => {
        const [visible, arrived] = [await cards.count(), (await site.inbox('', id)).length]
        return visible > 0 && visible === arrived
      })
      t.notMatch((await cards.allInnerTexts()).join('\n'), /&\w+;|&#\d+;/, 'the screen shows text')
    })
  }
})

/** A page of the site, and the `Referer` of each visit. */
async function openSitePage (t: Test): Promise<{ url: string, referers: Array<string | undefined> }> {
  const referers: Array<string | undefined> = []
  const server = createServer(({ headers, url = '' }, response) => {
    if (url.startsWith('/settings')) referers.push(headers.referer)
    response.setHeader('content-type', 'text/html').end('<title>The site</title>')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => { server.close().closeAllConnections() })
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, referers }
}

interface Person {
  ownUrl: string
  returnTo: string
  account: string
  address: string
  /** The messages that the simulator has received. */
  cards: Locator
}

/** Fills the fields of each page and clicks its main button, until the browser is on the site. */
async function clickThrough (page: Page, person: Person): Promise<void> {
  for (let count = 0; count < maxPages; count++) {
    if (page.url().startsWith(person.returnTo)) return
    await page.locator('form, a.button').first().waitFor()
    const before = await page.content()
    await (page.url().startsWith(person.ownUrl) ? useOwnPage(page, person) : agree(page, person.account))
    await until(async () => await page.content().catch(() => before) !== before)
    await page.waitForLoadState()
  }
  throw new Error(`the pages lead nowhere: ${page.url()}\n${await page.locator('body').innerText()}`)
}

async function useOwnPage (page: Page, { returnTo, account, address, cards }: Person): Promise<void> {
  const link = page.locator('a.button[target=_blank]')
  if (await link.count() > 0) {
    const code = page.locator('.code')
    const entered = await code.count() > 0 ? await code.innerText() : account
    const [opened] = await Promise.all([page.waitForEvent('popup'), link.click()])
    await agree(opened, entered)
    await Promise.race([page.waitForURL((url) => url.href.startsWith(returnTo)), page.getByRole('button', { name: 'Connect this account' }).waitFor()])
    return
  }
  const next = page.getByRole('link', { name: /^Continue to/ })
  if (await next.count() > 0) return await next.click()
  const code = page.getByLabel('Code', { exact: true })
  if (await code.count() > 0) await code.fill(await readCode(cards))
  else if (await page.locator('#address').count() > 0) await page.locator('#address').fill(address)
  await page.locator('form button:not(.quiet)').first().click()
}

/** The code in the message to the address. */
async function readCode (cards: Locator): Promise<string> {
  const [code = ''] = /\b\d{6}\b/.exec(await cards.filter({ hasText: /\b\d{6}\b/ }).first().innerText()) ?? []
  return code
}

/** Allows everything on a page of a simulator. */
async function agree (page: Page, text: string): Promise<void> {
  await page.locator('.allow').first().waitFor()
  for (const field of await page.locator('input[type=text], input:not([type])').all()) await field.fill(text)
  await page.locator('.allow').first().click()
}

import type { Route } from 'playwright-core'
import t from 'tap'
import { openAddressApi } from '../handshakes/open-address-api.ts'
import { outcome, untilFocused } from './on-pages.ts'
import { noChromium, openChromium } from '@carillon/testing/chromium'
import { inspect } from './open-visits.ts'

t.test('connecting by an address on the plain pages', { skip: noChromium }, async (t) => {
  const { api, post } = await openAddressApi(t)
  const chromium = await openChromium(t)
  const page = await (await chromium.newContext()).newPage()
  const complaints: string[] = []
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()) })
  await page.goto(`${api.url}/connect#token=${await api.makeUser('ann', 'Ann')}`)
  await page.getByRole('button', { name: 'Connect: Dove Post' }).click()
  await page.waitForURL(/\/start/)
  const field = page.getByLabel('Address')
  await inspect(t, page, 'the page for the address')
  await field.fill('nowhere')
  await page.getByRole('button', { name: 'Send the code' }).click()
  await page.getByRole('alert').waitFor()
  await t.resolves(untilFocused(field))
  await inspect(t, page, 'a wrong address')
  await field.fill('ann@coop')
  await page.getByRole('button', { name: 'Send the code' }).click()

  const code = page.getByLabel('Code', { exact: true })
  await t.resolves(untilFocused(code))
  await t.resolves(page.locator('#left', { hasText: /^The code expires in 1[45]:\d\d\.$/ }).waitFor())
  await t.resolves(page.getByRole('button', { name: /^Send a new code in 0:\d\d$/ }).waitFor())
  await inspect(t, page, 'the page for the code')
  await page.getByRole('button', { name: /^Send a new code/ }).click({ force: true })
  t.equal(post.sent.get('ann@coop')?.length, 1, 'the button waits')
  t.same(complaints.splice(0).filter((line) => !line.includes('422')), [])

  const phone = await (await chromium.newContext({ viewport: { width: 360, height: 640 } })).newPage()
  await phone.goto(post.sent.get('ann@coop')?.[0]?.url ?? '')
  await inspect(t, phone, 'the page of the link')
  await phone.getByRole('button', { name: 'Connect' }).click()
  await phone.getByRole('heading', { name: 'Dove Post is connected' }).waitFor()
  await page.locator('#outcome').waitFor()
  t.equal(await outcome(page), 'Dove Post is connected.', 'the page continues by itself')
  t.same(complaints, [])
})

t.test('the page for the code stays while it sends its form, also if its script learns the end first', { skip: noChromium }, async (t) => {
  const { api, post } = await openAddressApi(t)
  const chromium = await openChromium(t)
  const page = await (await chromium.newContext()).newPage()
  await page.goto(`${api.url}/connect#token=${await api.makeUser('ben', 'Ben')}`)
  await page.getByRole('button', { name: 'Connect: Dove Post' }).click()
  await page.getByLabel('Address').fill('ben@coop')
  await page.getByRole('button', { name: 'Send the code' }).click()

  const question = await new Promise<Route>((resolve, reject) => { page.route('**/progress', resolve).catch(reject) })
  // As if a slow server had not answered the form yet.
  await page.locator('form[action$="/code"]').evaluate((form) => form.dispatchEvent(new Event('submit', { bubbles: true })))
  const phone = await (await chromium.newContext()).newPage()
  await phone.goto(post.sent.get('ben@coop')?.[0]?.url ?? '')
  await phone.getByRole('button', { name: 'Connect' }).click()
  await phone.getByRole('heading', { name: 'Dove Post is connected' }).waitFor()
  const visits: string[] = []
  page.on('request', (request) => { if (request.isNavigationRequest()) visits.push(request.url()) })
  const answer = await question.fetch()
  t.match(await answer.json(), { status: 'completed' })
  await question.fulfill({ response: answer })
  await page.evaluate(async () => { await fetch('/health') })
  t.same(visits, [], 'the script leaves the rest to the form')

  await page.unroute('**/progress')
  await page.evaluate('dispatchEvent(new Event("pageshow"))')
  await page.locator('#outcome').waitFor()
  t.equal(await outcome(page), 'Dove Post is connected.', 'it goes on if the user returns to the page')
})

import { freePort } from '@carillon/local'
import { spawnNode, until } from '@carillon/testing'
import { noChromium, openChromium } from '@carillon/testing/chromium'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import type { Test } from 'tap'
import { Carillon } from '../src/index.ts'
import { installPackage } from './install-package.ts'
import { startStack } from './start-stack.ts'
import type { Stack } from './start-stack.ts'

t.test('examples/shop learns by webhooks that its user has to reconnect', { skip: noChromium }, async (t) => {
  const port = await freePort()
  const shopUrl = `http://127.0.0.1:${port}`
  const [stack, chromium] = await Promise.all([startStack(t, { ALLOWED_ORIGINS: shopUrl }), openChromium(t)])
  const { site } = stack
  const carillon = new Carillon({ apiKey: stack.apiKey, baseUrl: stack.apiUrl })
  const { id: earlierEndpoint } = await carillon.endpoints.create({ url: `${shopUrl}/webhooks`, events: ['*'] })
  await startShop(t, stack, port)
  const { data: endpoints } = await carillon.endpoints.list().page()
  t.match(endpoints, [{ url: `${shopUrl}/webhooks` }])
  t.not(endpoints[0]?.id, earlierEndpoint, 'it replaces the endpoint of its last run')
  const context = await chromium.newContext()
  t.teardown(() => context.close())
  const page = await context.newPage()
  await page.goto(shopUrl)
  await untilState(page, 'not connected')

  await connectAccount(page, 'Connect Pushbullet')
  await untilState(page, 'connected')
  const notify = page.getByRole('button', { name: 'Notify me' })
  await notify.click()
  await until(async () => await countPushes(stack) === 1, { what: 'the push at the simulator' })

  const requested: string[] = []
  page.on('request', (request) => { requested.push(`${request.method()} ${new URL(request.url()).pathname}`) })
  await site.control('POST', '/tokens/revoke', { provider: 'pushbullet', account: 'ann' })
  await notify.click()
  const seenAt = await untilState(page, 'reconnect')
  t.same(requested, ['POST /notify'], 'the page does not poll')
  const { data: [event] } = await carillon.events.list({ type: 'connection.needs_reauth' }).page()
  t.match(event, { type: 'connection.needs_reauth' })
  t.comment(`The page shows "reconnect" ${seenAt - Date.parse(event?.createdAt ?? '')} ms after the event was recorded`)
  t.equal(await countPushes(stack), 1, 'the second push waits')

  await connectAccount(page, 'Reconnect Pushbullet')
  await untilState(page, 'connected')
  await until(async () => await countPushes(stack) === 2, { what: 'the parked push at the simulator' })
  t.equal(await page.getByRole('alert').innerText(), '')

  const forged = await fetch(`${shopUrl}/webhooks`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) })
  t.equal(forged.status, 401, 'a request without a signature changes nothing')
  t.equal((await fetch(`${shopUrl}/token`, { method: 'POST' })).status, 401, 'only a signed-in user gets a token')
  t.equal(await page.locator('#state').innerText(), 'connected')
})

/** Installs the package as a site does, and runs the shop there. */
async function startShop (t: Test, { apiUrl, apiKey }: Stack, port: number): Promise<void> {
  const { folder } = await installPackage(t)
  await cp(new URL('../../../examples/shop', import.meta.url), folder, { recursive: true, filter: (path) => !path.endsWith('node_modules') })
  const env = { CARILLON_API_URL: apiUrl, CARILLON_API_KEY: apiKey, PORT: String(port) }
  const shop = spawnNode(t, join(folder, 'server.ts'), { cwd: folder, env })
  await until(() => shop.stdout.length > 0, { what: 'the start of the shop' })
}

/** Returns when the page showed it. */
async function untilState (page: Page, state: string): Promise<number> {
  const handle = await page.waitForFunction(`document.getElementById('state').textContent === ${JSON.stringify(state)} && Date.now()`)
  return Number(await handle.jsonValue())
}

async function connectAccount (page: Page, button: string): Promise<void> {
  const [popup] = await Promise.all([page.waitForEvent('popup'), page.getByRole('button', { name: button, exact: true }).click()])
  const closed = popup.waitForEvent('close')
  await popup.getByRole('button', { name: 'Connect Pushbullet' }).click()
  await popup.getByLabel('Grant as').fill('ann')
  await popup.getByRole('button', { name: 'Allow' }).click()
  await closed
}

/** How many pushes arrived, beside the welcome message. */
async function countPushes ({ site }: Stack): Promise<number> {
  return (await site.inbox('ann')).filter(({ item }) => item.title === 'Your teapot is ready').length
}

import { freePort } from '@carillon/local'
import { noChromium, openChromium } from '@carillon/testing/chromium'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import type { Test } from 'tap'
import { Carillon } from '../../src/index.ts'
import { installPackage } from '../install-package.ts'
import { startStack } from '../start-stack.ts'

t.test('a page of a site', { skip: noChromium }, async (t) => {
  const port = await freePort()
  const siteUrl = `http://127.0.0.1:${port}`
  const [{ packageFolder }, stack, chromium] = await Promise.all([
    installPackage(t), startStack(t, { ALLOWED_ORIGINS: siteUrl }, 'webpush'), openChromium(t)
  ])
  await serveSite(t, port, { script: await readFile(join(packageFolder, 'dist/browser.js'), 'utf8'), apiUrl: stack.apiUrl })
  const carillon = new Carillon({ apiKey: stack.apiKey, baseUrl: stack.apiUrl })

  /** The user's own browser, on the page of the site. */
  async function visit (t: Test, userId: string): Promise<Visit> {
    const { token } = await carillon.users.token({ userId, displayName: userId })
    const context = await chromium.newContext()
    t.teardown(() => context.close())
    const page = await context.newPage()
    await page.goto(`${siteUrl}/?page=1#${token}`)
    return { context, page, printed: async (text) => { await page.locator('#result', { hasText: text }).waitFor() } }
  }

  async function click (page: Page, button: string): Promise<Page> {
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.getByRole('button', { name: button }).click()])
    await popup.getByRole('button', { name: 'Connect Pushbullet' }).click()
    return popup
  }

  await t.test('connects an account in a popup, which closes', async (t) => {
    const { page, printed } = await visit(t, 'ann')
    const popup = await click(page, 'Popup')
    const closed = popup.waitForEvent('close')
    t.equal(await popup.evaluate('window.opener'), null, 'pages of the provider cannot navigate the page of the site')
    await popup.getByRole('button', { name: 'Allow' }).click()
    await printed('pushbullet active')
    await closed
    await page.getByRole('button', { name: 'Connectors' }).click()
    await printed('pushbullet connected')
  })

  await t.test('says that the user declined, closed the popup, or that the browser blocked it', async (t) => {
    const { page, printed } = await visit(t, 'bob')
    const popup = await click(page, 'Popup')
    await popup.getByRole('button', { name: 'Deny' }).click()
    await printed('handshakeFailed denied')
    const another = await click(page, 'Popup')
    await another.close()
    await printed('popupClosed')
    await page.evaluate('window.open = () => null')
    await page.getByRole('button', { name: 'Popup' }).click()
    await printed('popupBlocked')
  })

  await t.test('connects an account by leaving the page, and shows the outcome when it is back', async (t) => {
    const { page, printed } = await visit(t, 'cid')
    await page.getByRole('button', { name: 'Redirect' }).click()
    await page.getByRole('button', { name: 'Connect Pushbullet' }).click()
    await page.getByRole('button', { name: 'Allow' }).click()
    await printed('pushbullet active')
    t.equal(new URL(page.url()).search, '?page=1', 'the address has only the query of the site')
    await page.reload()
    await printed('loaded')
  })

  await t.test('connects the browser itself, or says why it cannot', async (t) => {
    const { context, page, printed } = await visit(t, 'dan')
    await page.getByRole('button', { name: 'Web Push' }).click()
    await printed('notificationsBlocked')
    await context.grantPermissions(['notifications'], { origin: siteUrl })
    // Chromium subscribes only at Google. The simulator makes the subscription instead.
    const subscription = await stack.site.control<object>('POST', '/webpush/browsers', { account: 'dan' })
    await page.evaluate(`PushManager.prototype.getSubscription = async () => null
      PushManager.prototype.subscribe = async () => ({ ...${JSON.stringify(subscription)}, options: {}, toJSON: () => (${JSON.stringify(subscription)}) })`)
    await page.getByRole('button', { name: 'Web Push' }).click()
    await printed('webpush active')
  })
})

interface Visit {
  context: BrowserContext
  page: Page
  printed: (text: string) => Promise<void>
}

async function serveSite (t: Test, port: number, { script, apiUrl }: { script: string, apiUrl: string }): Promise<void> {
  const page = `<!doctype html><title>Site</title><link rel="icon" href="data:,">
    <button>Popup</button><button>Redirect</button><button>Connectors</button><button>Web Push</button><p id="result">loaded</p>
    <script type="module">
      import { connect, connectors, resumeConnect, subscribeWebPush } from '/carillon.js'
      const options = { token: async () => location.hash.slice(1) || sessionStorage.getItem('token'), baseUrl: ${JSON.stringify(apiUrl)} }
      sessionStorage.setItem('token', await options.token())
      const provider = 'pushbullet'
      const calls = {
        'Popup': () => connect({ ...options, provider }),
        'Redirect': () => connect({ ...options, provider, mode: 'redirect' }),
        'Connectors': async () => ({ provider, status: (await connectors(options)).find((one) => one.provider === provider).connection ? 'connected' : '' }),
        'Web Push': () => subscribeWebPush({ ...options, worker: '/worker.js' })
      }
      const print = (text) => { document.getElementById('result').textContent = text }
      const run = (call) => call().then(
        (found) => { if (found) print(found.provider + ' ' + found.status) }, (error) => print(error.code + ' ' + (error.reason ?? error.message)))
      for (const button of document.querySelectorAll('button')) button.onclick = () => { print('…'); run(calls[button.textContent]) }
      run(() => resumeConnect(options))
    </script>`
  const files: Record<string, [string, string]> = {
    '/': ['text/html', page], '/carillon.js': ['text/javascript', script], '/worker.js': ['text/javascript', '']
  }
  const server = createServer(({ url = '' }, response) => {
    const [type, content] = files[new URL(url, 'http://site').pathname] ?? ['text/plain', '']
    response.writeHead(200, { 'content-type': type }).end(content)
  })
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve) })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
}

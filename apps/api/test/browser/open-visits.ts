import { openSandbox } from '@carillon/sandbox'
import { createApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import { createSite, spawnApp, testDatabase, testKeys } from '@carillon/testing'
import type { Site } from '@carillon/testing'
import axe from 'axe-core'
import type { BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { openChromium } from '@carillon/testing/chromium'

export interface Visits {
  site: Site
  apiUrl: string
  sandboxUrl: string
  /** `HOST:PORT` of the pump.io simulator. */
  pumpioHost: string
  /** A separate browser of the user, on their connect page. */
  visit: (t: Test, user: string, options?: BrowserContextOptions) => Promise<Visit>
}

interface Visit {
  page: Page
  /** Console messages on our pages and the sandbox's. The test fails for the remaining ones. */
  complaints: string[]
  /** Fails for everything that axe finds on the page, in both color schemes. */
  inspect: (what: string) => Promise<void>
}

/** The API as a process, a sandbox, and a Chromium. */
export async function openVisits (t: Test): Promise<Visits> {
  const { url: DATABASE_URL } = await testDatabase(t)
  const database = openDatabase({ url: DATABASE_URL, max: 1 })
  t.teardown(() => database.close())
  const { key: operatorKey } = await createApiKey(database, { name: 'test', scopes: [...scopes] })
  const sandbox = await openSandbox()
  t.teardown(() => sandbox.close())
  const pumpioHost = new URL(sandbox.urlOf('pumpio')).host
  const app = spawnApp(t, 'api', {
    env: {
      DATABASE_URL,
      CARILLON_KEYS: testKeys(),
      PORT: '0',
      SITE_NAME: 'Bell & Sons',
      ...sandbox.environment('pushbullet', 'pumpio', 'blotre'),
      PUMPIO_CLIENT_NAME: 'Bell & Sons'
    }
  })
  const chromium = await openChromium(t)
  const { url: apiUrl } = await app.ready
  const site = createSite({ apiUrl, sandboxUrl: sandbox.url, operatorKey })

  const visit: Visits['visit'] = async (t, user, options = {}) => {
    const context = await chromium.newContext(options)
    t.teardown(() => context.close())
    const complaints: string[] = []
    context.on('weberror', (error) => { complaints.push(String(error.error())) })
    // Violations of a page's policy appear as console errors too.
    context.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()) })
    const page = await context.newPage()
    const { connectUrl } = await site.api<{ connectUrl: string }>('POST', '/v1/user-tokens', { body: { userId: user } })
    await page.goto(connectUrl)
    return { page, complaints, inspect: (what) => inspect(t, page, what) }
  }
  return { site, apiUrl, sandboxUrl: sandbox.url, pumpioHost, visit }
}

/** Fails for everything that axe finds on the page, in both color schemes. */
export async function inspect (t: Test, page: Page, what: string): Promise<void> {
  await page.evaluate(axe.source)
  for (const [colorScheme, options] of [['light', {}], ['dark', { runOnly: 'color-contrast' }]] as const) {
    await page.emulateMedia({ colorScheme })
    const violations = await page.evaluate<Array<{ id: string, help: string, nodes: string[] }>>(`axe.run(${JSON.stringify(options)}).then(
      ({ violations }) => violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html) })))`)
    t.same(violations, [], `${what}, ${colorScheme}`)
  }
}

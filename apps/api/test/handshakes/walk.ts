import { createBrowser } from '@carillon/testing'
import type { Browser, Page } from '@carillon/testing'
import { textAt } from '../open-api.ts'
import type { TestApi } from '../open-api.ts'

export interface Walk {
  browser: Browser
  /** What the API answered: its id and where it starts. */
  id: string
  startUrl: string
  /** Confirms on the start page, and answers the redirect to the provider. */
  confirm: () => Promise<Page>
  /** Confirms, lets the provider decide, and answers the address it sends the browser back to. */
  toCallback: (decision?: 'allow' | 'deny') => Promise<string>
  /** The whole way; what is answered to the callback, or to the confirmation of the account. */
  finish: (decision?: 'allow' | 'deny') => Promise<Page>
}

interface WalkOptions {
  browser?: Browser
  returnTo?: string
  /** At the provider. */
  account?: string
  teamId?: string
  provider?: string
}

/** A handshake through the API, and a browser that can walk it. */
export async function openWalk (
  api: TestApi, token: string,
  { browser = createBrowser(), account = 'alice', provider = 'pushbullet', ...input }: WalkOptions = {}
): Promise<Walk> {
  const { body } = await api.ask('POST', '/v1/handshakes', { token, body: { provider, ...input } })
  const startUrl = textAt(body, 'startUrl')
  const confirm = async () => browser.submit(await browser.get(startUrl))
  const toCallback = async (decision: 'allow' | 'deny' = 'allow') => {
    const { location } = await confirm()
    const { location: callback } = await browser.get(`${location}&auto=${decision}&account=${account}`)
    return callback ?? ''
  }
  return { browser, id: textAt(body, 'id'), startUrl, confirm, toCallback, finish: async (decision) => confirmedAt(browser, await browser.get(await toCallback(decision))) }
}

/** Says on the page that asks whose account it is, where `page` leads there, that it is the user's. */
async function confirmedAt (browser: Browser, page: Page): Promise<Page> {
  return page.location?.includes('/account?') === true ? browser.submit(await browser.get(page.location)) : page
}

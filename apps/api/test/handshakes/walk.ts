import { createBrowser } from '@carillon/testing'
import type { Browser, Page } from '@carillon/testing'
import { textAt } from '../open-api.ts'
import type { TestApi } from '../open-api.ts'

export interface Walk {
  browser: Browser
  /** The API's response: its id and its start URL. */
  id: string
  startUrl: string
  /** Confirms on the start page, and returns the redirect to the provider. */
  confirm: () => Promise<Page>
  /** Confirms, decides at the provider, and returns the URL of the callback. */
  toCallback: (decision?: 'allow' | 'deny') => Promise<string>
  /** Completes the handshake, and returns the response to the callback or to the confirmation of the account. */
  finish: (decision?: 'allow' | 'deny') => Promise<Page>
}

interface WalkOptions {
  browser?: Browser
  returnTo?: string
  /** The account at the provider. */
  account?: string
  teamId?: string
  provider?: string
}

/** A handshake through the API, and a browser that completes it. */
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

/** Confirms the account if `page` leads to that question. */
async function confirmedAt (browser: Browser, page: Page): Promise<Page> {
  return page.location?.includes('/account?') === true ? browser.submit(await browser.get(page.location)) : page
}

import { createBrowser } from '@carillon/testing'
import type { Browser, Page } from '@carillon/testing'
import { textAt } from '../open-api.ts'
import type { TestApi } from '../open-api.ts'

export interface OpenedWalk {
  browser: Browser
  token: string
  /** `hsk_…` */
  id: string
  startUrl: string
  confirm: () => Promise<Page>
  /** Confirms, grants access at the provider as this account, and returns the URL of the callback. */
  toCallback: (account?: string) => Promise<string>
  /** The page after the callback that asks the user to confirm the account. */
  toAccountPage: (account?: string) => Promise<Page>
  look: () => Promise<unknown>
}

export interface WalkOptions {
  browser?: Browser
  provider: string
  kind?: string
  /** The account that the user enters. */
  account?: string
  displayName?: string
  returnTo?: string
}

/** A handshake of a user, and a browser that completes it. */
export async function openWalkOf (
  api: TestApi, user: string, { browser = createBrowser(), displayName, ...wanted }: WalkOptions
): Promise<OpenedWalk> {
  const token = await api.makeUser(user, displayName)
  const { body } = await api.ask('POST', '/v1/handshakes', { token, body: wanted })
  const [id, startUrl] = [textAt(body, 'id'), textAt(body, 'startUrl')]
  const confirm = async () => browser.submit(await browser.get(startUrl))
  const toCallback = async (account = user) => {
    const { location } = await confirm()
    return (await browser.get(`${location}&auto=allow&account=${account}`)).location ?? ''
  }
  return {
    browser,
    token,
    id,
    startUrl,
    confirm,
    toCallback,
    toAccountPage: async (account) => browser.follow(await browser.get(await toCallback(account))),
    look: async () => (await api.ask('GET', `/v1/handshakes/${id}`, { token })).body
  }
}

/** The text of a page, without markup. */
export function wordsOf ({ text }: Page): string {
  return text.replace(/<[^>]+>/g, '').replaceAll('&#39;', "'").replaceAll('&amp;', '&').replace(/\s+/g, ' ')
}

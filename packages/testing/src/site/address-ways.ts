import { createBrowser } from '../browser.ts'
import type { Browser, Page } from '../browser.ts'
import type { Site } from './site-types.ts'
import { until } from '../until.ts'
import type { Decision, OpenedHandshake, WayIn } from './way-in.ts'

/** The ways in which the user enters an address. Who denies access does not bring back the code, or enters nothing. */
export const addressWays: WayIn[] = [
  {
    name: 'by a code to an address over the API',
    kind: 'confirm',
    walk: async (site, handshake, decision) => {
      const messages = await countMessages(site, handshake, decision)
      const { status } = await giveAddress(site, handshake, decision)
      if (status !== 'pending' || decision.answer === 'deny') return undefined
      const { code } = await readConfirmation(site, handshake, decision, messages)
      await site.api('POST', `/v1/handshakes/${handshake.id}/confirm`, { token: handshake.token, body: { code } })
      return undefined
    }
  },
  {
    name: 'by a code to an address on its page',
    kind: 'confirm',
    walk: async (site, handshake, decision, browser = createBrowser()) => {
      const messages = await countMessages(site, handshake, decision)
      const page = await enterAddress(browser, handshake, decision)
      if (!page.text.includes('id="code"') || decision.answer === 'deny') return page
      const { code } = await readConfirmation(site, handshake, decision, messages)
      return browser.follow(await browser.submit(page, { code }))
    }
  },
  {
    name: 'by the link in the message to an address',
    kind: 'confirm',
    walk: async (site, handshake, decision, browser = createBrowser()) => {
      const messages = await countMessages(site, handshake, decision)
      const page = await enterAddress(browser, handshake, decision)
      if (!page.text.includes('id="code"') || decision.answer === 'deny') return page
      const { url } = await readConfirmation(site, handshake, decision, messages)
      // The message is read on another device.
      const phone = createBrowser()
      await phone.submit(await phone.get(url))
      return browser.follow(await browser.get(handshake.startUrl))
    }
  },
  {
    name: 'by pasting over the API',
    kind: 'paste',
    walk: async (site, handshake, decision) => {
      if (decision.answer === 'allow') await giveAddress(site, handshake, decision)
      return undefined
    }
  },
  {
    name: 'by pasting on its page',
    kind: 'paste',
    walk: async (_site, handshake, decision, browser = createBrowser()) =>
      decision.answer === 'allow' ? enterAddress(browser, handshake, decision) : browser.get(handshake.startUrl)
  }
]

function giveAddress (
  { api }: Site, { id, token }: OpenedHandshake, { address, account }: Decision
): Promise<{ status: string }> {
  return api('POST', `/v1/handshakes/${id}/address`, { token, body: { address: address ?? account } })
}

async function enterAddress (browser: Browser, { startUrl }: OpenedHandshake, { address, account }: Decision): Promise<Page> {
  return browser.follow(await browser.submit(await browser.get(startUrl), { address: address ?? account }))
}

async function countMessages ({ inbox }: Site, { provider }: OpenedHandshake, { account }: Decision): Promise<number> {
  return (await inbox(account, provider)).length
}

/** The code and the link in the first message after `before` others that has both. */
async function readConfirmation (
  { inbox }: Site, { provider, id }: OpenedHandshake, { account }: Decision, before: number
): Promise<{ code: string, url: string }> {
  return until(async () => {
    for (const { item } of (await inbox(account, provider)).slice(before)) {
      const text = JSON.stringify(item)
      const link = new RegExp(`https?://[^\\s"<>\\\\]+/confirm\\?handshake=${id}&(?:amp;)?link=[-\\w]+`)
      const [url] = link.exec(text) ?? []
      const [code] = /\b\d{6}\b/.exec(text) ?? []
      if (url !== undefined && code !== undefined) return { code, url: url.replace('&amp;', '&') }
    }
    return undefined
  }, { what: 'the confirmation' })
}

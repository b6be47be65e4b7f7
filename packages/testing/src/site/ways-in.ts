import { addressWays } from './address-ways.ts'
import { createBrowser } from '../browser.ts'
import type { Browser, Page } from '../browser.ts'
import { until } from '../until.ts'
import type { Site } from './site-types.ts'
import type { Decision, HandshakeResponse, OpenedHandshake, WayIn } from './way-in.ts'

/** All ways of all providers. */
export const waysIn: WayIn[] = [
  {
    name: 'by redirect',
    kind: 'redirect',
    walk: (_site, { startUrl }, decision, browser) => walkRedirect(startUrl, decision, browser)
  },
  {
    name: 'by a verifier over the API',
    kind: 'verifier',
    walk: async ({ api }, { id, token, authorizeUrl = '' }, decision) => {
      const verifier = await readVerifier(createBrowser(), authorizeUrl, decision)
      if (verifier !== undefined) await api('POST', `/v1/handshakes/${id}/verifier`, { token, body: { verifier } })
      return undefined
    }
  },
  {
    name: 'by a verifier on its page',
    kind: 'verifier',
    walk: async (_site, { startUrl }, decision, browser = createBrowser()) => {
      const page = await browser.get(startUrl)
      const verifier = await readVerifier(browser, linkOn(page), decision)
      if (verifier === undefined) return page
      return confirmAccount(browser, await browser.follow(await browser.submit(page, { verifier })))
    }
  },
  {
    name: 'by a one-time code over the API',
    kind: 'code',
    walk: async ({ api }, { id, token, redeemUrl = '', code = '' }, decision) => {
      const redeem = () => api<HandshakeResponse>('POST', `/v1/handshakes/${id}/redeem`, { token })
      await decide(createBrowser(), redeemUrl, decision, { code })
      if (decision.answer === 'allow') await until(async () => (await redeem()).status !== 'pending', { everyMs: 500 })
      else await redeem()
      return undefined
    }
  },
  {
    name: 'by a one-time code on its page',
    kind: 'code',
    walk: async (_site, { startUrl }, decision, browser = createBrowser()) => {
      const page = await browser.get(startUrl)
      const [, code = ''] = /<code>([^<]+)</.exec(page.text) ?? []
      await decide(browser, linkOn(page), decision, { code })
      const ask = async () => browser.follow(await browser.submit(page))
      if (decision.answer === 'deny') return ask()
      return until(async () => {
        const next = await ask()
        return !next.text.includes(code) && next
      }, { everyMs: 500 })
    }
  },
  {
    name: 'by a link over the API',
    kind: 'link',
    walk: async ({ api }, { id, token, linkUrl = '', look }, decision) => {
      await decide(createBrowser(), linkUrl, decision)
      if (decision.answer === 'deny') return undefined
      await until(async () => (await look()).accountToConfirm !== undefined, { everyMs: 200 })
      await api('POST', `/v1/handshakes/${id}/confirm`, { token, body: { accept: true } })
      return undefined
    }
  },
  {
    name: 'by a link on its page',
    kind: 'link',
    walk: async (_site, { startUrl }, decision, browser = createBrowser()) => {
      const page = await browser.submit(await browser.get(startUrl))
      // The link is opened on a phone.
      await decide(createBrowser(), linkOn(page), decision)
      const look = async () => browser.follow(await browser.submit(page))
      if (decision.answer === 'deny') return look()
      const asked = await until(async () => {
        const next = await look()
        return !next.text.includes('id="redeem"') && next
      }, { everyMs: 200 })
      return confirmAccount(browser, asked)
    }
  },
  {
    name: 'by a subscription over the API',
    kind: 'subscribe',
    walk: async (site, handshake, { account, answer }) => {
      const { id, token } = handshake
      if (answer === 'allow') {
        await site.api('POST', `/v1/handshakes/${id}/subscription`, { token, body: await subscribe(site, handshake, account) })
      }
      return undefined
    }
  },
  {
    name: 'by a subscription on its page',
    kind: 'subscribe',
    walk: async (site, handshake, { account, answer }, browser = createBrowser()) => {
      const page = await browser.get(handshake.startUrl)
      if (answer === 'deny') return page
      const subscription = JSON.stringify(await subscribe(site, handshake, account))
      return browser.follow(await browser.submit(page, { subscription }))
    }
  },
  ...addressWays
]

/** From our own page to the provider's, and back to the last page. */
export async function walkRedirect (startUrl: string, decision: Decision, browser = createBrowser()): Promise<Page> {
  const confirmed = await browser.submit(await browser.get(startUrl))
  return confirmAccount(browser, await browser.follow(await decide(browser, confirmed.location ?? '', decision)))
}

/** Confirms the account if `page` asks for it. Otherwise returns `page`. */
export async function confirmAccount (browser: Browser, page: Page): Promise<Page> {
  return /\/connect\/\w+\/account\?/.test(page.url) ? browser.follow(await browser.submit(page)) : page
}

/** Programs pass the decision to the simulators' pages in the query. */
function decide (
  browser: Browser, page: string, { answer, address, ...decision }: Decision, more: Record<string, string> = {}
): Promise<Page> {
  const url = new URL(page)
  for (const [name, value] of Object.entries({ ...more, auto: answer, ...decision })) url.searchParams.set(name, value)
  return browser.get(url.href)
}

/** Subscribes a simulated browser, which has no screen and asks for no permission. */
async function subscribe ({ api, control }: Site, { provider, token }: OpenedHandshake, account: string): Promise<object> {
  const { publicKey } = await api<{ publicKey: string }>('GET', `/v1/${provider}/key`, { token })
  return await control<object>('POST', `/${provider}/browsers`, { account, applicationServerKey: publicKey })
}

/** Undefined when the provider showed no verifier. */
async function readVerifier (browser: Browser, authorizeUrl: string, decision: Decision): Promise<string | undefined> {
  const { text } = await browser.follow(await decide(browser, authorizeUrl, decision))
  return /id="verifier"[^>]*>([^<]+)</.exec(text)?.[1]?.trim()
}

/** The address of the link on our page. */
function linkOn ({ url, text }: Page): string {
  const [, address] = /<a class="button[^"]*" href="([^"]+)"/.exec(text) ?? []
  if (address === undefined) throw new Error(`there is no link on ${url}:\n${text.slice(0, 500)}`)
  return address.replaceAll('&amp;', '&').replaceAll('&#38;', '&')
}

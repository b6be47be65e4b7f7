import { request } from 'undici'
import { createBrowser } from './browser.ts'
import type { Browser, Page } from './browser.ts'
import { until } from './until.ts'
import { openHandshake, walkRedirect } from './ways-in.ts'

/** Where a running Carillon is, as `up.json` says. */
export interface Addresses {
  apiUrl: string
  sandboxUrl: string
  pumpioUrl?: string | null
  operatorKey: string
}

export interface InboxEntry {
  id: string
  account: string
  item: { guid?: string, type?: string, title?: string, body?: string }
}

export interface ShownConnection {
  id: string
  status: string
  statusReason: string | null
  account: { id: string, name: string }
  revocation: { state: string, attempts: number, reason: string | null } | null
  events: Array<{ event: string, reason: string | null }>
}

export interface ShownDelivery {
  connectionId: string
  state: string
  attempts: number
  history: Array<{ event: string, outcome?: string }>
  explanation?: string
}

/** A website that uses Carillon, and its users: everything goes through the doors they would use. */
export interface Site {
  api: <Answer>(method: string, path: string, options?: { token?: string, body?: object, expect?: number }) => Promise<Answer>
  control: <Answer>(method: string, path: string, body?: object) => Promise<Answer>
  mintToken: (userId: string) => Promise<string>
  /** Walks a handshake with Pushbullet as the user would, up to the page it ends on. */
  walk: (userId: string, options?: { answer?: 'allow' | 'deny', account?: string, browser?: Browser }) => Promise<Page>
  /** Connects the user's Pushbullet account (of the same name) and answers the connection's id. */
  connect: (userId: string) => Promise<string>
  /** What has reached an account, or all of them; at Pushbullet unless `provider` says so. */
  inbox: (account?: string, provider?: string) => Promise<InboxEntry[]>
  notify: (userIds: string[], title: string) => Promise<string>
  /** The delivery, once it is in this state. */
  delivery: (notificationId: string, connectionId: string, state: string) => Promise<ShownDelivery>
}

const patienceMs = 45_000

export function createSite ({ apiUrl, sandboxUrl, operatorKey }: Addresses): Site {
  const api: Site['api'] = async <Answer>(
    method: string, path: string, { token = operatorKey, body, expect }: { token?: string, body?: object, expect?: number } = {}
  ) => {
    const { status, json } = await send(method, `${apiUrl}${path}`, body, { authorization: `Bearer ${token}` })
    if (expect === undefined ? status >= 400 : status !== expect) {
      throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(json)}`)
    }
    return json as Answer
  }
  const control: Site['control'] = async <Answer>(method: string, path: string, body?: object) => {
    const { status, json } = await send(method, `${sandboxUrl}/_control${path}`, body)
    if (status >= 400) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(json)}`)
    return json as Answer
  }
  const mintToken: Site['mintToken'] = async (userId) =>
    (await api<{ token: string }>('POST', '/v1/user-tokens', { body: { userId } })).token

  const walk: Site['walk'] = async (userId, { answer = 'allow', account = userId, browser = createBrowser() } = {}) => {
    const { startUrl } = await openHandshake(site, userId, { provider: 'pushbullet', kind: 'redirect' })
    return walkRedirect(startUrl, { answer, account }, browser)
  }

  const site: Site = {
    api,
    control,
    mintToken,
    walk,
    connect: async (userId) => {
      const page = await walk(userId)
      if (page.status !== 200) throw new Error(`${page.url.split('?')[0]} answered ${page.status}: ${page.text}`)
      const { data } = await api<{ data: Array<{ id: string }> }>('GET', `/v1/connections?userId=${userId}`)
      return data[0]?.id ?? ''
    },
    inbox: async (account = '', provider = 'pushbullet') =>
      (await control<{ data: InboxEntry[] }>('GET', `/inbox?${new URLSearchParams({ provider, account })}`)).data,
    notify: async (userIds, title) => {
      const body = { audience: { userIds }, message: { type: 'note', title, body: 'Ding dong' } }
      return (await api<{ id: string }>('POST', '/v1/notifications', { body, expect: 202 })).id
    },
    delivery: (notificationId, connectionId, state) => until(async () => {
      const found = await api<ShownDelivery>('GET', `/v1/notifications/${notificationId}/deliveries/${connectionId}`)
      if (found.state !== state) throw new Error(`it is ${JSON.stringify(found)}`)
      return found
    }, { timeoutMs: patienceMs, what: `${state}` })
  }
  return site
}

async function send (method: string, url: string, body?: object, headers: Record<string, string> = {}) {
  const answer = await request(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body)
  })
  const text = await answer.body.text()
  return { status: answer.statusCode, json: text === '' ? undefined : JSON.parse(text) as unknown }
}

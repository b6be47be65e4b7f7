import { exampleProvider } from '@carillon/shared/providers'
import { request } from 'undici'
import { createBrowser } from '../browser.ts'
import { until } from '../until.ts'
import { openHandshake } from './way-in.ts'
import { walkRedirect } from './ways-in.ts'
import type { Addresses, InboxEntry, DeliveryResponse, Site } from './site-types.ts'

const patienceMs = 45_000

export function createSite ({ apiUrl, sandboxUrl, operatorKey }: Addresses): Site {
  const api: Site['api'] = async <Result>(
    method: string, path: string, { token = operatorKey, body, expect }: { token?: string, body?: object, expect?: number } = {}
  ) => {
    const { status, json } = await send(method, `${apiUrl}${path}`, body, { authorization: `Bearer ${token}` })
    if (expect === undefined ? status >= 400 : status !== expect) {
      throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(json)}`)
    }
    return json as Result
  }
  const control: Site['control'] = async <Result>(method: string, path: string, body?: object) => {
    const { status, json } = await send(method, `${sandboxUrl}/_control${path}`, body)
    if (status >= 400) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(json)}`)
    return json as Result
  }
  const mintToken: Site['mintToken'] = async (userId) =>
    (await api<{ token: string }>('POST', '/v1/user-tokens', { body: { userId } })).token

  const walk: Site['walk'] = async (userId, { answer = 'allow', account = userId, browser = createBrowser() } = {}) => {
    const { startUrl } = await openHandshake(site, userId, { provider: exampleProvider, kind: 'redirect' })
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
    inbox: async (account = '', provider = exampleProvider) =>
      (await control<{ data: InboxEntry[] }>('GET', `/inbox?${new URLSearchParams({ provider, account })}`)).data,
    notify: async (userIds, title) => {
      const body = { audience: { userIds }, message: { type: 'note', title, body: 'This is a test.' } }
      return (await api<{ id: string }>('POST', '/v1/notifications', { body, expect: 202 })).id
    },
    delivery: (notificationId, connectionId, state) => until(async () => {
      const found = await api<DeliveryResponse>('GET', `/v1/notifications/${notificationId}/deliveries/${connectionId}`)
      if (found.state !== state) throw new Error(`it is ${JSON.stringify(found)}`)
      return found
    }, { timeoutMs: patienceMs, what: `${state}` })
  }
  return site
}

async function send (method: string, url: string, body?: object, headers: Record<string, string> = {}) {
  const response = await request(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body)
  })
  const text = await response.body.text()
  return { status: response.statusCode, json: text === '' ? undefined : JSON.parse(text) as unknown }
}

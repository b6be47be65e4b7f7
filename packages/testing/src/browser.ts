import { CookieJar } from 'tough-cookie'
import { request } from 'undici'

export interface Page {
  url: string
  status: number
  headers: Record<string, string | string[] | undefined>
  /** The target of a redirect, as an absolute URL. */
  location: string | undefined
  text: string
}

/** A browser without a screen. It stores cookies and does not follow redirects automatically. */
export interface Browser {
  readonly jar: CookieJar
  get: (url: string, headers?: Record<string, string>) => Promise<Page>
  /** Submits a form. */
  post: (url: string, fields?: Record<string, string>, headers?: Record<string, string>) => Promise<Page>
  /** Submits the page's first form, with its own fields, which `fields` changes or extends. */
  submit: (page: Page, fields?: Record<string, string>) => Promise<Page>
  /** Follows redirects from `page` until there are none, or until `stopAt` returns true for the next address. */
  follow: (page: Page, stopAt?: (url: string) => boolean) => Promise<Page>
}

const maxRedirects = 20

export function createBrowser (): Browser {
  const jar = new CookieJar()

  async function send (method: 'GET' | 'POST', url: string, headers: Record<string, string>, body: string | null): Promise<Page> {
    const cookie = await jar.getCookieString(url)
    const response = await request(url, { method, body, headers: { accept: 'text/html', ...(cookie ? { cookie } : {}), ...headers } })
    for (const line of [response.headers['set-cookie'] ?? []].flat()) await jar.setCookie(line, url)
    const location = [response.headers['location']].flat()[0]
    return {
      url,
      status: response.statusCode,
      headers: response.headers,
      location: location === undefined ? undefined : new URL(location, url).href,
      text: await response.body.text()
    }
  }

  const get: Browser['get'] = (url, headers = {}) => send('GET', url, headers, null)
  const post: Browser['post'] = (url, fields = {}, headers = {}) => send('POST', url,
    { origin: new URL(url).origin, 'content-type': 'application/x-www-form-urlencoded', ...headers }, new URLSearchParams(fields).toString())

  return {
    jar,
    get,
    post,
    submit: (page, fields = {}) => {
      const form = firstForm(page)
      const all = { ...form.fields, ...fields }
      if (form.method === 'POST') return post(form.action, all, { referer: page.url })
      return get(`${form.action.split('?')[0]}?${new URLSearchParams(all)}`)
    },
    follow: async (page, stopAt = () => false) => {
      for (let hops = 0; page.location !== undefined && !stopAt(page.location); hops++) {
        if (hops === maxRedirects) throw new Error(`more than ${maxRedirects} redirects, the last to ${page.location}`)
        page = await get(page.location)
      }
      return page
    }
  }
}

function firstForm ({ text, url }: Page): { action: string, method: string, fields: Record<string, string> } {
  const [, attributes, content] = /<form\b([^>]*)>([\s\S]*?)<\/form>/i.exec(text) ?? []
  if (attributes === undefined || content === undefined) throw new Error(`there is no form on ${url}:\n${text.slice(0, 500)}`)
  const inputs = [...content.matchAll(/<input\b([^>]*)>/gi)].map(([, input = '']) => [attribute(input, 'name'), attribute(input, 'value') ?? ''] as const)
  return {
    action: new URL(attribute(attributes, 'action') ?? '', url).href,
    method: (attribute(attributes, 'method') ?? 'GET').toUpperCase(),
    fields: Object.fromEntries(inputs.filter((pair): pair is [string, string] => pair[0] !== undefined))
  }
}

function attribute (tag: string, name: string): string | undefined {
  const [, quoted, single, bare] = new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag) ?? []
  return (quoted ?? single ?? bare)?.replace(/&(amp|quot|#39|#x27|lt|gt|#x2F);/gi, (entity) => entities[entity.toLowerCase()] ?? entity)
}

const entities: Record<string, string> = {
  '&amp;': '&', '&quot;': '"', '&#39;': "'", '&#x27;': "'", '&lt;': '<', '&gt;': '>', '&#x2f;': '/'
}

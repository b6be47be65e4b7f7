import { isObject, parseJsonObject, sendRequest } from '@carillon/http'
import type { Classification, HttpResponse } from '@carillon/http'
import type { PumpioContext } from './context.ts'
import { isUserHost } from './account.ts'

/** Where a host takes registrations and handshakes: URLs of its own origin. */
export interface PumpioEndpoints {
  registration: string
  requestToken: string
  authorize: string
  accessToken: string
}

/** What is asked of a host before there is any trust in it. It is small, and it comes soon. */
export const untrustedHostLimits = { maxResponseBytes: 64 * 1024, timeoutMs: 10_000 }

/**
 * Asks `origin` for its host-meta.json. What it does not say, or says of another origin, is where pump.io has it by
 * default: a host speaks for itself alone. Throws ProviderError when it cannot be asked.
 */
export async function discover (origin: string, call: PumpioContext): Promise<PumpioEndpoints> {
  const links = await fetchHostMeta(`${origin}/.well-known/host-meta.json`, call)
  return {
    registration: find('registration_endpoint', '/api/client/register'),
    requestToken: find('http://apinamespace.org/oauth/request_token', '/oauth/request_token'),
    authorize: find('http://apinamespace.org/oauth/authorize', '/oauth/authorize'),
    accessToken: find('http://apinamespace.org/oauth/access_token', '/oauth/access_token')
  }

  function find (rel: string, path: string): string {
    const { href } = links.find((link) => link.rel === rel) ?? {}
    if (href === undefined || !URL.canParse(href)) return `${origin}${path}`
    const url = new URL(href)
    // Neither a part that never reaches the host nor a password that always does.
    return url.origin === origin && url.hash === '' && url.username === '' && url.password === '' ? url.href : `${origin}${path}`
  }
}

interface Link {
  rel: string
  href: string
}

const maxRedirects = 3

/** Follows redirects, as RFC 6415 §2 asks. Each URL goes through the guarded client, and none leads from https to http. */
async function fetchHostMeta (url: string, call: PumpioContext): Promise<Link[]> {
  for (let current = url, redirects = 0; ; redirects++) {
    const headers = { accept: 'application/json' }
    // A host that configuration names is trusted for itself, and not for where it redirects to.
    const isGuarded = isUserHost(current) || new URL(current).origin !== new URL(url).origin
    const request = { method: 'GET', url: current, isGuarded, headers, ...untrustedHostLimits } as const
    const found = await sendRequest(request, (answer) => classifyHostMeta(answer, current, redirects < maxRedirects), call)
    if ('links' in found) return found.links
    current = found.next
  }
}

function classifyHostMeta (
  answer: HttpResponse, url: string, mayFollow: boolean
): Classification<{ links: Link[] } | { next: string }> {
  const { status, body } = answer
  if (status >= 500 || status === 408 || status === 425 || status === 429) return { kind: 'transient', reason: 'cannot answer now' }
  if (status < 300 || status >= 400) return { kind: 'ok', value: { links: status >= 200 && status < 300 ? parseLinks(body) : [] } }
  const next = nextUrl(answer, url)
  if (next === undefined) return { kind: 'rejected', reason: 'host redirects to where it is not followed' }
  return mayFollow ? { kind: 'ok', value: { next } } : { kind: 'rejected', reason: `host redirects more than ${maxRedirects} times` }
}

/** Undefined for what leads nowhere, from https to http, or carries a password. */
function nextUrl ({ status, headers: { location = '' } }: HttpResponse, url: string): string | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || location === '' || !URL.canParse(location, url)) return undefined
  const next = new URL(location, url)
  const isDowngrade = new URL(url).protocol === 'https:' && next.protocol !== 'https:'
  return isDowngrade || !/^https?:$/.test(next.protocol) || next.username !== '' || next.password !== '' ? undefined : next.href
}

function parseLinks (body: Buffer): Link[] {
  const links = parseJsonObject(body)?.['links']
  return Array.isArray(links) ? links.filter(isLink) : []
}

function isLink (value: unknown): value is Link {
  return isObject(value) && typeof value['rel'] === 'string' && typeof value['href'] === 'string'
}

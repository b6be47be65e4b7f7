import { isObject, isUserHost, parseJsonObject, sendRequest } from '@carillon/http'
import type { Classification, HttpResponse } from '@carillon/http'
import type { PumpioContext } from '../context.ts'

/** The endpoints of a host for registrations and handshakes: URLs of its own origin. */
export interface PumpioEndpoints {
  registration: string
  requestToken: string
  authorize: string
  accessToken: string
}

/** Limits for requests to a host that is not trusted yet. Its responses are small and fast. */
export const untrustedHostLimits = { maxResponseBytes: 64 * 1024, timeoutMs: 10_000 }

/**
 * Requests host-meta.json from `origin`. Endpoints that are missing, or that have another origin, get pump.io's default paths:
 * a host may only state its own URLs. Throws ProviderError when the request fails.
 */
export async function discover (origin: string, context: PumpioContext): Promise<PumpioEndpoints> {
  const links = await fetchHostMeta(`${origin}/.well-known/host-meta.json`, context)
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
    // Excludes fragments, which never reach the host, and user names and passwords, which always do.
    return url.origin === origin && url.hash === '' && url.username === '' && url.password === '' ? url.href : `${origin}${path}`
  }
}

interface Link {
  rel: string
  href: string
}

const maxRedirects = 3

/**
 * Follows redirects, as RFC 6415 §2 requires. Each URL goes through the guarded client, and no redirect leads from https to
 * http.
 */
async function fetchHostMeta (url: string, context: PumpioContext): Promise<Link[]> {
  for (let current = url, redirects = 0; ; redirects++) {
    const headers = { accept: 'application/json' }
    // Only the configured host itself is trusted, and not the targets of its redirects.
    const isGuarded = isUserHost(current) || new URL(current).origin !== new URL(url).origin
    const request = { method: 'GET', url: current, isGuarded, headers, ...untrustedHostLimits } as const
    const found = await sendRequest(request, (response) => classifyHostMeta(response, current, redirects < maxRedirects), context)
    if ('links' in found) return found.links
    current = found.next
  }
}

function classifyHostMeta (
  response: HttpResponse, url: string, mayFollow: boolean
): Classification<{ links: Link[] } | { next: string }> {
  const { status, body } = response
  if (status >= 500 || status === 408 || status === 425 || status === 429) return { kind: 'transient', reason: 'not available now' }
  if (status < 300 || status >= 400) return { kind: 'ok', value: { links: status >= 200 && status < 300 ? parseLinks(body) : [] } }
  const next = nextUrl(response, url)
  if (next === undefined) return { kind: 'rejected', reason: 'host redirects to where it is not followed' }
  return mayFollow ? { kind: 'ok', value: { next } } : { kind: 'rejected', reason: `host redirects more than ${maxRedirects} times` }
}

/** Undefined for an invalid target, a redirect from https to http, or a URL with a password. */
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

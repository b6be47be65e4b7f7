import { encodeQuery, isObject, isUserHost, parseJsonObject, sendRequest } from '@carillon/http'
import type { Classification, HttpResponse, UserHosts } from '@carillon/http'
import type { RequestContext } from '../request-context.ts'
import type { MastodonAccount } from './credentials.ts'

/** Limits for requests to a host that is not trusted yet. Its responses are small and fast. */
export const untrustedHostLimits = { maxResponseBytes: 64 * 1024, timeoutMs: 10_000 }

const maxRedirects = 3

/**
 * The host of the server that has the account. It differs from the host in the account's name where a domain delegates to another
 * server (RFC 7033). Throws ProviderError when the host cannot be reached.
 */
export async function findServer ({ name, host }: MastodonAccount, hosts: UserHosts, context: RequestContext): Promise<string> {
  if (name === '') return host
  const query = encodeQuery({ resource: `acct:${name}@${host}` })
  let url = `${hosts.originOf(host)}/.well-known/webfinger?${query}`
  for (let redirects = 0; ; redirects++) {
    const headers = { accept: 'application/jrd+json, application/json' }
    const current = url
    const found = await sendRequest({ method: 'GET', url, isGuarded: isUserHost(url), headers, ...untrustedHostLimits },
      (response) => classifyWebfinger(response, current), context)
    // A host without a usable response may still have the account.
    if ('server' in found) return hostOf(found.server, hosts) ?? host
    if (redirects === maxRedirects) return host
    url = found.next
  }
}

type Found = { server: string | undefined } | { next: string }

function classifyWebfinger (response: HttpResponse, url: string): Classification<Found> {
  const { status, headers } = response
  if (status >= 500 || status === 429) return { kind: 'transient', reason: 'not available now' }
  if (status >= 200 && status < 300) return { kind: 'ok', value: { server: selfLink(response) } }
  const location = [301, 302, 303, 307, 308].includes(status) ? headers['location'] : undefined
  const next = location !== undefined && URL.canParse(location, url) ? new URL(location, url) : undefined
  // A redirect may lead to another host, and only there by https.
  return next !== undefined && next.protocol === 'https:' && next.username === '' && next.password === ''
    ? { kind: 'ok', value: { next: next.href } }
    : { kind: 'ok', value: { server: undefined } }
}

function selfLink ({ body }: HttpResponse): string | undefined {
  const links: unknown = parseJsonObject(body)?.['links']
  const self: unknown = Array.isArray(links) ? links.find((link) => isObject(link) && link['rel'] === 'self') : undefined
  const href = isObject(self) ? self['href'] : undefined
  return typeof href === 'string' ? href : undefined
}

/** Undefined for a URL that is not at a host which users may choose. */
function hostOf (href: string | undefined, hosts: UserHosts): string | undefined {
  if (href === undefined || !URL.canParse(href)) return undefined
  const { host, origin } = new URL(href)
  const parsed = hosts.parse(host)
  return parsed !== undefined && hosts.originOf(parsed) === origin ? parsed : undefined
}

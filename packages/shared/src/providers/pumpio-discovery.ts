import type { Judgement } from './ask.ts'
import { ask } from './ask.ts'
import type { Answer } from './http.ts'
import type { Call } from './provider.ts'
import { isUserHost } from './pumpio-account.ts'

/** Where a host takes registrations and handshakes: URLs of its own origin. */
export interface PumpioEndpoints {
  registration: string
  requestToken: string
  authorize: string
  accessToken: string
}

/** What is asked of a host before there is any trust in it. It is small, and it comes soon. */
export const strangerLimits = { maxResponseBytes: 64 * 1024, timeoutMs: 10_000 }

/**
 * Asks `origin` for its host-meta.json. What it does not say, or says of another origin, is where pump.io has it by
 * default: a host speaks for itself alone. Throws ProviderError when it cannot be asked.
 */
export async function discover (origin: string, call: Call): Promise<PumpioEndpoints> {
  const request = {
    method: 'GET',
    url: `${origin}/.well-known/host-meta.json`,
    isGuarded: isUserHost(origin),
    headers: { accept: 'application/json' },
    ...strangerLimits
  } as const
  const links = await ask(request, judgeHostMeta, call)
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

function judgeHostMeta ({ status, body }: Answer): Judgement<Link[]> {
  if (status >= 500 || status === 408 || status === 425 || status === 429) return { kind: 'transient', reason: 'cannot answer now' }
  // The account is where it says it is, or the user says where it is now.
  if (status >= 300 && status < 400) return { kind: 'rejected', reason: 'host redirects, which is not followed' }
  return { kind: 'ok', value: status >= 200 && status < 300 ? parseLinks(body) : [] }
}

function parseLinks (body: Buffer): Link[] {
  try {
    const meta: unknown = JSON.parse(body.toString())
    const links: unknown = typeof meta === 'object' && meta !== null && 'links' in meta ? meta.links : undefined
    return Array.isArray(links) ? links.filter(isLink) : []
  } catch {
    return []
  }
}

function isLink (value: unknown): value is Link {
  return typeof value === 'object' && value !== null && 'rel' in value && typeof value.rel === 'string' &&
    'href' in value && typeof value.href === 'string'
}

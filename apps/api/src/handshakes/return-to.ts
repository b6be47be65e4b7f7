import { isLoopback } from '@carillon/http'
import { isAllowedOrigin } from '../allowed-origin.ts'
import type { Site } from '../services.ts'

/** Paths of this server below PUBLIC_URL. They are never pages of the site, even when both share an origin. */
const ownPaths = /^\/(?:connect|u|v1|inbound|docs|openapi\.json|healthz|readyz|metrics)(?:\/|$)/

/**
 * `returnTo` as it is stored, or what is wrong with it. Neither when there is none. The connect page is the only page of this
 * server that it may name.
 */
export function readReturnTo (site: Site, text: string | undefined): { url?: string, fault?: string } {
  if (text === undefined) return {}
  if (!URL.canParse(text)) return { fault: 'must be an absolute URL' }
  const url = new URL(text)
  if (!['http:', 'https:'].includes(url.protocol)) return { fault: 'must be an http or https URL' }
  if (url.username !== '' || url.password !== '') return { fault: 'must not hold a user name or a password' }
  const own = pathOnThisServer(new URL(site.publicUrl), url)
  if (own !== undefined && /^\/connect\/?$/.test(own)) return { url: withoutReencoding(text, url) }
  if (!isAllowedOrigin(site, url.origin)) return { fault: 'must be on one of the ALLOWED_ORIGINS of this server' }
  if (own !== undefined && ownPaths.test(own)) return { fault: 'must not be on this server, except its connect page' }
  return { url: withoutReencoding(text, url) }
}

/** The path below PUBLIC_URL, as the router reads it; undefined for a URL elsewhere. */
function pathOnThisServer (server: URL, url: URL): string | undefined {
  const base = server.pathname.replace(/\/$/, '')
  // `localhost` and `127.0.0.1` are the same server.
  const isAlias = isLoopback(url.hostname) && isLoopback(server.hostname) && url.port === server.port
  if ((url.origin !== server.origin && !isAlias) || !`${url.pathname}/`.startsWith(`${base}/`)) return undefined
  const path = url.pathname.slice(base.length)
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Keeps the query and the fragment as they were written, if a header may contain them. */
function withoutReencoding (text: string, { origin, pathname, href }: URL): string {
  if (!/^[\x21-\x7e]+$/.test(text)) return href
  const [, query = '', fragment = ''] = /^[^?#]*(\?[^#]*)?(#.*)?$/.exec(text) ?? []
  return `${origin}${pathname}${query}${fragment}`
}

/**
 * Adds the outcome to the query of `returnTo`, which otherwise stays as the site wrote it. Replaces the outcome of an earlier
 * handshake, which the site may have sent along.
 */
export function withOutcome (returnTo: string, outcome: Record<string, string>): string {
  const [, path = '', , query = '', fragment = ''] = /^([^?#]*)(\?([^#]*))?(#.*)?$/.exec(returnTo) ?? []
  const parameters = query === '' ? [] : query.split('&')
  const hasOutcome = parameters.some((parameter) => nameOf(parameter) === 'carillon')
  const ours = new Set([...Object.keys(outcome), ...hasOutcome ? ['provider', 'reason', 'missing', 'handshake', 'connection'] : []])
  const kept = parameters.filter((parameter) => !ours.has(nameOf(parameter)))
  return `${path}?${[...kept, new URLSearchParams(outcome).toString()].join('&')}${fragment}`
}

function nameOf (parameter: string): string {
  return parameter.split('=', 1)[0] ?? ''
}

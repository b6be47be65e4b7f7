import { publicId } from '@carillon/shared/db'
import type { Site } from '../services.ts'

/** Where a browser begins a handshake. */
export function startUrl ({ publicUrl }: Site, provider: string, handshakeId: string): string {
  return `${publicUrl}/connect/${provider}/start?handshake=${publicId('handshake', handshakeId)}`
}

/** Where a browser confirms whose account it is. */
export function accountUrl ({ publicUrl }: Site, provider: string, handshakeId: string): string {
  return `${publicUrl}/connect/${provider}/account?handshake=${publicId('handshake', handshakeId)}`
}

/** Where a provider sends the browser back to. */
export function callbackUrl ({ publicUrl }: Site, provider: string): string {
  return `${publicUrl}/connect/${provider}/callback`
}

/** Paths of this server below PUBLIC_URL. None of them is a page of the site, even where the site shares our origin. */
const ownPaths = /^\/(?:connect|v1|inbound|docs|openapi\.json|healthz|readyz|metrics)(?:\/|$)/

/** `returnTo` as it is stored, or what is wrong with it. Of our own pages, only the connect page may be returned to. */
export function readReturnTo ({ publicUrl, allowedOrigins }: Site, text: string): { url: string } | { fault: string } {
  if (!URL.canParse(text)) return { fault: 'must be an absolute URL' }
  const url = new URL(text)
  if (!['http:', 'https:'].includes(url.protocol)) return { fault: 'must be an http or https URL' }
  if (url.username !== '' || url.password !== '') return { fault: 'must not hold a user name or a password' }
  const own = ownPath(new URL(publicUrl), url)
  if (own !== undefined && /^\/connect\/?$/.test(own)) return { url: unchanged(text, url) }
  if (!allowedOrigins.includes(url.origin)) return { fault: 'must be on one of the ALLOWED_ORIGINS of this server' }
  if (own !== undefined && ownPaths.test(own)) return { fault: 'must not be on this server, except its connect page' }
  return { url: unchanged(text, url) }
}

/** The path below PUBLIC_URL, as the router reads it; undefined for an address elsewhere. */
function ownPath ({ origin, pathname }: URL, url: URL): string | undefined {
  const base = pathname.replace(/\/$/, '')
  if (url.origin !== origin || !`${url.pathname}/`.startsWith(`${base}/`)) return undefined
  const path = url.pathname.slice(base.length)
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Query and fragment as they were written, where they are text that may stand in a header. */
function unchanged (text: string, { origin, pathname, href }: URL): string {
  if (!/^[\x21-\x7e]+$/.test(text)) return href
  const [, query = '', fragment = ''] = /^[^?#]*(\?[^#]*)?(#.*)?$/.exec(text) ?? []
  return `${origin}${pathname}${query}${fragment}`
}

/**
 * `returnTo` with the outcome added to its query, which otherwise stays as the site wrote it. An outcome from an earlier time,
 * which the site may have sent along, is replaced.
 */
export function withOutcome (returnTo: string, outcome: Record<string, string>): string {
  const [, path = '', , query = '', fragment = ''] = /^([^?#]*)(\?([^#]*))?(#.*)?$/.exec(returnTo) ?? []
  const parameters = query === '' ? [] : query.split('&')
  const hasOutcome = parameters.some((parameter) => nameOf(parameter) === 'carillon')
  const ours = new Set([...Object.keys(outcome), ...hasOutcome ? ['provider', 'reason', 'missing'] : []])
  const kept = parameters.filter((parameter) => !ours.has(nameOf(parameter)))
  return `${path}?${[...kept, new URLSearchParams(outcome).toString()].join('&')}${fragment}`
}

function nameOf (parameter: string): string {
  return parameter.split('=', 1)[0] ?? ''
}

import { createHash } from 'node:crypto'
import { createUserHosts, ProviderError, readWebUrl } from '@carillon/http'
import { parseSigningSecrets, replaceSecret } from '../../webhooks/index.ts'
import type { SigningSecrets } from '../../webhooks/index.ts'
import type { Account, Credentials } from '../credentials.ts'

/** An endpoint of the user, and the secrets that sign what it gets. The URL is a secret too, because it may contain a token. */
export interface WebhookCredentials extends Credentials, SigningSecrets {
  url: string
}

export type EndpointReader = ReturnType<typeof createEndpointReader>

/** Reads endpoints with https on its usual port, and with http on `insecureHosts`. */
export function createEndpointReader (insecureHosts: readonly string[]) {
  const hosts = createUserHosts(insecureHosts)
  return { insecureOrigins: hosts.insecureOrigins, parseUrl, parseCredentials }

  /** Throws ProviderError `rejected`. */
  function parseUrl (text: string): string {
    const read = readWebUrl(text)
    if ('fault' in read) throw rejected(read.fault)
    const { protocol, host, port, hash } = new URL(read.url)
    if (hash !== '') throw rejected('must not have a fragment')
    if (protocol === 'http:' && hosts.originOf(host) !== `http://${host}`) throw rejected('must use https')
    if (protocol === 'https:' && port !== '') throw rejected('must use the port 443')
    return read.url
  }

  /** Throws ProviderError `malformed`. */
  function parseCredentials (value: unknown): WebhookCredentials {
    const { url } = Object(value) as Partial<Record<string, unknown>>
    const secrets = parseSigningSecrets(value)
    const isValid = typeof url === 'string' && isUrl(url) && secrets !== undefined
    if (!isValid) throw new ProviderError({ kind: 'malformed', reason: 'credentials need a url and a secret' }, 'endpoint')
    return { url, ...secrets }
  }

  function isUrl (text: string): boolean {
    try {
      return parseUrl(text) === text
    } catch {
      return false
    }
  }
}

/** The new secret of an endpoint, together with the earlier ones for a day, so that its owner can replace them in time. */
export function keepRetiring (old: WebhookCredentials, fresh: WebhookCredentials, now: number): WebhookCredentials {
  return { url: fresh.url, ...replaceSecret(old, fresh.secret, now) }
}

/** The id and the name do not reveal a token in the URL. */
export function accountOf ({ url }: WebhookCredentials): Account {
  const { host, pathname, search } = new URL(url)
  const hash = createHash('sha256').update(url).digest('hex').slice(0, 24)
  const path = pathname === '/' ? '' : pathname.split('/').map(concealSegment).join('/')
  return { id: `${host}/${hash}`, name: `${host}${path}${search === '' ? '' : '?…'}`, host }
}

/** Words stay, and anything that may be a token is reduced to its end. */
function concealSegment (segment: string): string {
  return /^[a-z]{0,16}(-[a-z]{1,16})?$/.test(segment) || /^v?\d{1,2}$/.test(segment) ? segment : `…${segment.length < 12 ? '' : segment.slice(-4)}`
}

function rejected (reason: string): ProviderError {
  return new ProviderError({ kind: 'rejected', reason }, 'endpoint')
}

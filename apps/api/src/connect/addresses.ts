import { publicId } from '@carillon/shared/db'
import type { Site } from '../services.ts'

/** Where a browser begins a handshake. */
export function startUrl ({ publicUrl }: Site, provider: string, handshakeId: string): string {
  return `${publicUrl}/connect/${provider}/start?handshake=${publicId('handshake', handshakeId)}`
}

/** Where a provider sends the browser back to. */
export function callbackUrl ({ publicUrl }: Site, provider: string): string {
  return `${publicUrl}/connect/${provider}/callback`
}

/** `returnTo` as it is kept, or what is wrong with it. Our own page counts as one of the site's. */
export function readReturnTo ({ publicUrl, allowedOrigins }: Site, text: string): { url: string } | { fault: string } {
  if (!URL.canParse(text)) return { fault: 'must be an absolute URL' }
  const url = new URL(text)
  if (!['http:', 'https:'].includes(url.protocol)) return { fault: 'must be an http or https URL' }
  if (url.username !== '' || url.password !== '') return { fault: 'must not hold a user name or a password' }
  if (![...allowedOrigins, new URL(publicUrl).origin].includes(url.origin)) {
    return { fault: 'must be on one of the ALLOWED_ORIGINS of this server' }
  }
  return { url: url.href }
}

/** `returnTo` with the outcome in its query. */
export function withOutcome (returnTo: string, outcome: Record<string, string>): string {
  const url = new URL(returnTo)
  for (const [name, value] of Object.entries(outcome)) url.searchParams.set(name, value)
  return url.href
}

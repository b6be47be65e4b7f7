import { isLoopback } from '@carillon/http'
import type { Site } from './services.ts'

/** Whether pages of this origin may call `/v1` from a browser and receive users back. */
export function isAllowedOrigin ({ allowedOrigins, allowsLoopback }: Site, origin: string): boolean {
  return allowedOrigins.includes(origin) || (allowsLoopback && isLoopbackOrigin(origin))
}

function isLoopbackOrigin (origin: string): boolean {
  if (!URL.canParse(origin)) return false
  const url = new URL(origin)
  return ['http:', 'https:'].includes(url.protocol) && url.origin === origin && isLoopback(url.hostname)
}

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Registry } from 'prom-client'

export interface MetricsReader {
  contentType: string
  /** Whether the Authorization header of a request contains METRICS_TOKEN. */
  isAllowed: (authorization: string | undefined) => boolean
  read: () => Promise<string>
}

/** Reads `registry` for those who know `token`. Undefined without a token: then nothing is served. */
export function createMetricsReader (registry: Registry, token: string | undefined): MetricsReader | undefined {
  if (token === undefined) return undefined
  const expected = digest(token)
  return {
    contentType: registry.contentType,
    isAllowed: (authorization) => {
      const given = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
      return given !== undefined && timingSafeEqual(digest(given), expected)
    },
    read: () => registry.metrics()
  }
}

/** timingSafeEqual needs two values of one length. */
function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

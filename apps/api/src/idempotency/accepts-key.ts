import type { FastifyContextConfig } from 'fastify'

/** Whether a route repeats responses: every POST but the requests that are forwarded with their headers. */
export function acceptsKey (
  { method, config }: { method: string | string[], config?: FastifyContextConfig | undefined }
): boolean {
  return [method].flat().includes('POST') && config?.forwardsHeaders !== true
}

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { MetricsReader } from '@carillon/shared/metrics'

export interface HealthOptions {
  checkReadiness: () => Promise<string[]>
  /** Undefined without METRICS_TOKEN. */
  metrics: MetricsReader | undefined
}

/**
 * Serves `/healthz` while the process runs, `/readyz` with the errors that `checkReadiness` returns, and `/metrics` for callers
 * with the token.
 */
export async function openHealth (
  { host, port }: { host: string, port: number }, { checkReadiness, metrics }: HealthOptions
): Promise<Server> {
  const server = createServer((request, response) => {
    const respond = (status: number, text: string): void => { response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`) }
    if (request.url === '/metrics' && metrics !== undefined) {
      if (!metrics.isAllowed(request.headers.authorization)) return respond(401, 'send METRICS_TOKEN as the bearer token')
      metrics.read().then((text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text), () => respond(500, 'no metrics'))
      return
    }
    if (request.url === '/healthz') return respond(200, 'ok')
    if (request.url !== '/readyz') return respond(404, 'not found')
    checkReadiness().then((errors) => {
      if (errors.length === 0) return respond(200, 'ok')
      respond(503, `not ready: ${errors.join(' ')}`)
    }, () => respond(503, 'not ready'))
  })
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

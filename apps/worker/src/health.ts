import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'

/** Serves `/healthz` while the process runs, and `/readyz` with the errors that `checkReadiness` returns. */
export async function openHealth (
  { host, port }: { host: string, port: number }, checkReadiness: () => Promise<string[]>
): Promise<Server> {
  const server = createServer((request, response) => {
    const respond = (status: number, text: string): void => { response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`) }
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

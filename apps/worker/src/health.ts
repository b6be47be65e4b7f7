import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'

/** Serves `/healthz` while the process lives, and `/readyz`, which says what `findFaults` has found, at `host` and `port`. */
export async function openHealth (
  { host, port }: { host: string, port: number }, findFaults: () => Promise<string[]>
): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = (status: number, text: string): void => { response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`) }
    if (request.url === '/healthz') return answer(200, 'ok')
    if (request.url !== '/readyz') return answer(404, 'not found')
    findFaults().then((faults) => {
      if (faults.length === 0) return answer(200, 'ok')
      answer(503, `not ready: ${faults.join(' ')}`)
    }, () => answer(503, 'not ready'))
  })
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'

/** Serves `/healthz` while the process lives, and `/readyz` while `check` resolves, at `host` and `port`. */
export async function openHealth (
  { host, port }: { host: string, port: number }, check: () => Promise<unknown>
): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = (status: number): void => { response.writeHead(status, { 'content-type': 'text/plain' }).end(status === 200 ? 'ok\n' : 'not ready\n') }
    if (request.url === '/healthz') return answer(200)
    if (request.url !== '/readyz') return answer(404)
    check().then(() => answer(200), () => answer(503))
  })
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

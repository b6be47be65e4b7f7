import type { FastifyInstance } from 'fastify'
import { closing, Problem } from './problems/problem.ts'

/** Refuses requests with an invalid Host header (RFC 9112 §3.2), and all requests while the server shuts down. */
export function refuseRequests (app: FastifyInstance): void {
  let isClosing = false
  app.addHook('preClose', async () => { isClosing = true })
  app.addHook('onRequest', async ({ raw: { httpVersion }, headers: { host } }, reply) => {
    if (isClosing) {
      // sendProblem keeps connections open, so this is not a header.
      reply.raw.shouldKeepAlive = false
      throw closing()
    }
    if (host === undefined ? httpVersion !== '1.0' : !isHost(host)) throw new Problem('badRequest', 'The Host header is missing or is not a valid host')
  })
}

/** A name, an IPv4 address or an IPv6 address in brackets, with an optional port (RFC 3986 §3.2.2). */
function isHost (text: string): boolean {
  return /^(?:[\w.~%!$&'()*+,;=-]*|\[[\da-f:.]+\])(?::\d*)?$/i.test(text) && URL.canParse(`http://${text}`)
}

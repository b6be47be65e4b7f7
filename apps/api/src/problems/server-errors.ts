import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Log } from '@carillon/shared/log'
import { maxDrainedBytes } from '../input/unread-bodies.ts'
import { problemBody, problemHeaders, problemType } from './problem-handlers.ts'
import { chooseRequestId, requestIdHeader } from '../request-id.ts'
import { Problem } from './problem.ts'

type ClientError = Error & { code?: string }

/** What still arrives is read for this time, like a refused body: a reset would discard our response. */
const maxDrainMs = 2_000

/** Responds to requests that Node's parser refuses before Fastify sees them. */
export function createClientErrorHandler (publicUrl: string, log: Log): (error: ClientError, socket: Socket) => void {
  const responded = new WeakMap<Socket, number>()
  return (error, socket) => {
    const end = responded.get(socket)
    if (end !== undefined) {
      // The bytes after a refused request cannot be parsed either.
      if (socket.bytesRead > end) socket.destroy()
      return
    }
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
      socket.destroy()
      return
    }
    responded.set(socket, socket.bytesRead + maxDrainedBytes)
    const problem = problemOf(error)
    const id = randomUUID()
    log.info({ requestId: id, status: problem.status, reason: error.code ?? 'unknown' }, 'refused a request that cannot be parsed')
    const timer = setTimeout(() => socket.destroy(), maxDrainMs).unref()
    socket.once('close', () => clearTimeout(timer)).once('end', () => socket.destroy())
    socket.end(rawResponse(problem, problemBody(problem, { publicUrl, id }), id))
    socket.resume()
  }
}

/** For `checkExpectation`: Node's own response to an unknown `Expect` has no body. */
export function refuseExpectation (publicUrl: string, request: IncomingMessage, response: ServerResponse): void {
  const problem = new Problem('expectationFailed', 'The only Expect that this server supports is 100-continue')
  const id = chooseRequestId(request)
  const body = problemBody(problem, { publicUrl, id })
  response.writeHead(problem.status, headersOf(body, id)).end(body)
}

function problemOf ({ code }: ClientError): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem('headersTooLarge', 'The request line and headers are larger than 16 KiB')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem('requestTimeout', 'The request did not arrive completely within 30 seconds')
  return new Problem('badRequest', 'The request is not valid HTTP')
}

function rawResponse ({ status }: Problem, body: string, id: string): string {
  const headers = Object.entries({ ...headersOf(body, id), date: new Date().toUTCString(), connection: 'close' })
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...headers.map(([name, value]) => `${name}: ${value}`), '', body].join('\r\n')
}

function headersOf (body: string, id: string): Record<string, string | number> {
  return { ...problemHeaders, [requestIdHeader]: id, 'content-type': problemType, 'content-length': Buffer.byteLength(body) }
}

/** Whether a response was started, which a second one would corrupt. Node keeps it in a private property. */
function isAnswering (socket: Socket): boolean {
  const response: unknown = Reflect.get(socket, '_httpMessage')
  return typeof response === 'object' && response !== null && Reflect.get(response, 'headersSent') === true
}

import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** What is received of a refused body, so that its sender gets to read our response. Receiving without parsing is cheap. */
export const maxDrainedBytes = 1024 * 1024
const maxDrainMs = 5_000

/**
 * Leaves bodies unread unless a route says how they are read. What is unread when the response ends is received and dropped,
 * up to a limit: a connection that is closed while data arrives is reset, and its client may never see the response.
 */
export function leaveBodiesUnread (app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', async () => undefined)
  // Before Fastify answers, which it may do at once. `prefinish` is before Node drops the rest, however much that is.
  app.server.prependListener('request', (request, response) => {
    if (hasBody(request)) response.once('prefinish', () => { if (isUnread(request)) drain(request) })
  })
}

/** RFC 9112 §6. */
function hasBody ({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** A body that is being forwarded has a reader. */
function isUnread (request: IncomingMessage): boolean {
  return !request.complete && !request.destroyed && request.listenerCount('readable') === 0 && request.listenerCount('data') === 0
}

function drain (request: IncomingMessage): void {
  const { socket } = request
  let left = maxDrainedBytes
  const timer = setTimeout(() => socket.destroy(), maxDrainMs).unref()
  for (const event of ['end', 'close']) request.once(event, () => clearTimeout(timer))
  request.on('error', () => {})
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) socket.destroy()
  })
  // Node drops what has not been read at all, and does not say how much that is.
  request.read(0)
  request.resume()
}

import type { ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Proxies and browsers close a connection that is silent for about a minute. */
const heartbeatMs = 15_000
const retryMs = 2_000

export const sseHeaders = {
  'cache-control': 'no-cache, no-store, no-transform',
  'x-accel-buffering': 'no',
  // A connection that is kept alive would be idle when the server closes, and would delay it.
  connection: 'close'
}

/** A stream of server-sent events (WHATWG HTML §9.2). Destroys itself when the client reads nothing for a whole interval. */
export function openSseStream (): PassThrough {
  const stream = new PassThrough()
  /** What the client had not read at the last check, unless it has read all of it since. */
  let unread: number | undefined
  const heartbeat = setInterval(() => {
    if (!stream.writableNeedDrain) {
      stream.write(':\n\n')
      return
    }
    const before = unread
    unread = stream.writableLength + stream.readableLength
    if (unread === before) stream.destroy()
  }, heartbeatMs)
  stream.on('drain', () => { unread = undefined })
  onceOver(stream, () => clearInterval(heartbeat))
  stream.write(`retry: ${retryMs}\n\n`)
  return stream
}

/**
 * Opens a stream for the caller, unless the caller has too many: throws Problem `tooManyStreams`. Ends it when the caller may not
 * call the route any more, and destroys it when the client leaves.
 */
export function openCallerStream (
  app: Pick<FastifyInstance, 'watchCaller' | 'takeStreamSlot'>, request: FastifyRequest, response: ServerResponse, open: () => PassThrough
): PassThrough {
  const release = app.takeStreamSlot(request)
  const stream = open()
  const stopWatching = app.watchCaller(request, () => { stream.end() })
  // A client that left while the request was waiting closes only the stream: the response was closed before.
  onceOver(stream, () => {
    release()
    stopWatching()
  })
  response.on('close', () => { stream.destroy() })
  return stream
}

/** The stream has ended or was destroyed. Calls back once or twice. */
export function onceOver (stream: PassThrough, stop: () => void): void {
  for (const event of ['finish', 'close']) stream.once(event, stop)
}

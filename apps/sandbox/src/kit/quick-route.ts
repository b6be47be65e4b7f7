import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** One kind of request that is processed without an HTTP server. */
export interface QuickRoute {
  /** What such requests begin with. */
  start: string
  /** Undefined passes the request to the HTTP server. `head` ends before the empty line. */
  respond: (head: string, body: string) => QuickResponse | undefined
}

export interface QuickResponse {
  /** The whole response in ASCII. */
  text: string
  /** Infinity: it never comes, and no later one on the connection. */
  delayMs: number
}

const MAX_REQUEST_BYTES = 65_536
const HEAD_END = '\r\n\r\n'

/**
 * Puts a route in front of a server. node:http reads a request slower than undici writes one, so a benchmark would measure
 * the simulator. The first other request passes the connection to the server for good. Returns a function that ends the
 * connections of the route.
 */
export function putInFront (server: Server, route: QuickRoute): () => void {
  const behind = server.listeners('connection')
  const sockets = new Set<Socket>()
  server.removeAllListeners('connection')
  server.on('connection', (socket) => {
    sockets.add(socket)
    readQuickly(socket, route, (unread) => {
      sockets.delete(socket)
      socket.pause()
      socket.unshift(unread)
      for (const listen of behind) listen.call(server, socket)
      process.nextTick(() => socket.resume())
    })
    socket.once('close', () => sockets.delete(socket))
  })
  return () => { for (const socket of sockets) socket.destroy() }
}

function readQuickly (socket: Socket, { start: routeStart, respond }: QuickRoute, handOver: (unread: Buffer) => void): void {
  const sender = createSender(socket)
  let held: Buffer | undefined
  socket.on('data', read)
  socket.on('end', end)
  socket.on('error', end)

  function read (chunk: Buffer): void {
    const data = held === undefined ? chunk : Buffer.concat([held, chunk])
    held = undefined
    for (let start = 0; start < data.length;) {
      const request = readRequest(data, start, routeStart)
      if (request === 'incomplete') {
        held = data.subarray(start)
        break
      }
      const response = request === 'other' ? undefined : respond(request.head, request.body)
      if (request === 'other' || response === undefined) {
        sender.flush()
        socket.off('data', read).off('end', end).off('error', end)
        return handOver(data.subarray(start))
      }
      sender.send(response)
      start = request.end
    }
    sender.sendDue()
  }

  function end (): void {
    socket.destroy()
  }
}

/** Sends the responses of one connection in the order of their requests. */
function createSender (socket: Socket) {
  let due = ''
  let hangs = false
  const waiting: string[] = []

  function write (text: string): void {
    if (text !== '') socket.write(text, 'latin1')
  }

  return {
    /** A response without a delay is sent by `sendDue`, together with others, unless an earlier one still waits. */
    send ({ text, delayMs }: QuickResponse): void {
      hangs ||= delayMs === Infinity
      if (hangs) return
      if (delayMs === 0 && waiting.length === 0) {
        due += text
        return
      }
      waiting.push(text)
      // The oldest one, even if this timer belongs to a later one.
      setTimeout(() => write(waiting.shift() ?? ''), delayMs).unref()
    },
    sendDue (): void {
      write(due)
      due = ''
    },
    /** Sends all responses at once. */
    flush (): void {
      write(due + waiting.splice(0).join(''))
      due = ''
    }
  }
}

/** `other` is a request for the HTTP server. */
function readRequest (data: Buffer, start: number, routeStart: string): { head: string, body: string, end: number } | 'incomplete' | 'other' {
  const line = data.toString('latin1', start, start + routeStart.length)
  if (!routeStart.startsWith(line)) return 'other'
  const headEnd = data.indexOf(HEAD_END, start, 'latin1')
  if (headEnd === -1) return data.length - start > MAX_REQUEST_BYTES ? 'other' : 'incomplete'
  const head = data.toString('latin1', start, headEnd)
  const length = headerOf(head, 'content-length')
  if (length === undefined || !/^\d{1,5}$/.test(length) || headerOf(head, 'expect') !== undefined) return 'other'
  const bodyStart = headEnd + HEAD_END.length
  const end = bodyStart + Number(length)
  if (end > data.length) return 'incomplete'
  return { head, body: data.toString('utf8', bodyStart, end), end }
}

/** The value of a header whose name is in lower case, as undici writes it. */
export function headerOf (head: string, name: string): string | undefined {
  const at = head.indexOf(`\r\n${name}:`)
  if (at === -1) return undefined
  const end = head.indexOf('\r\n', at + 2)
  return head.slice(at + name.length + 3, end === -1 ? head.length : end).trim()
}

import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** One request that is answered without an HTTP server. */
export interface QuickRoute {
  /** The request line, with its line break. */
  requestLine: string
  /** The whole answer, in ASCII; undefined leaves the request to the server behind. `head` is all before the empty line. */
  answer: (head: string, body: string) => string | undefined
}

const LONGEST_REQUEST_BYTES = 65_536
const HEAD_END = '\r\n\r\n'

/**
 * Puts a route in front of a server. Reading a request takes node:http longer than undici takes to write one, so a
 * benchmark would measure the simulator. A connection is read here for as long as its requests are the route's, complete
 * and plain; with the first that is not, it goes over to the server, and stays there. Answers how to end what is read here.
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

function readQuickly (socket: Socket, { requestLine, answer }: QuickRoute, handOver: (unread: Buffer) => void): void {
  let held: Buffer | undefined
  socket.on('data', read)
  socket.on('end', end)
  socket.on('error', end)

  function read (chunk: Buffer): void {
    const data = held === undefined ? chunk : Buffer.concat([held, chunk])
    held = undefined
    let answers = ''
    for (let start = 0; start < data.length;) {
      const request = readRequest(data, start, requestLine)
      if (request === 'incomplete') {
        held = data.subarray(start)
        break
      }
      const text = request === 'other' ? undefined : answer(request.head, request.body)
      if (request === 'other' || text === undefined) {
        if (answers !== '') socket.write(answers, 'latin1')
        socket.off('data', read).off('end', end).off('error', end)
        return handOver(data.subarray(start))
      }
      answers += text
      start = request.end
    }
    if (answers !== '') socket.write(answers, 'latin1')
  }

  function end (): void {
    socket.destroy()
  }
}

/** `other` is what a real server had better look at. */
function readRequest (data: Buffer, start: number, requestLine: string): { head: string, body: string, end: number } | 'incomplete' | 'other' {
  const begun = data.toString('latin1', start, start + requestLine.length)
  if (!requestLine.startsWith(begun)) return 'other'
  const headEnd = data.indexOf(HEAD_END, start, 'latin1')
  if (headEnd === -1) return data.length - start > LONGEST_REQUEST_BYTES ? 'other' : 'incomplete'
  const head = data.toString('latin1', start, headEnd)
  const length = headerOf(head, 'content-length')
  if (length === undefined || !/^\d{1,5}$/.test(length) || headerOf(head, 'expect') !== undefined) return 'other'
  const bodyStart = headEnd + HEAD_END.length
  const end = bodyStart + Number(length)
  if (end > data.length) return 'incomplete'
  return { head, body: data.toString('utf8', bodyStart, end), end }
}

/** The value of a header that is written in lower case, as undici writes them; undefined where there is none such. */
export function headerOf (head: string, name: string): string | undefined {
  const at = head.indexOf(`\r\n${name}:`)
  if (at === -1) return undefined
  const end = head.indexOf('\r\n', at + 2)
  return head.slice(at + name.length + 3, end === -1 ? head.length : end).trim()
}

import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { until } from '@carillon/testing'
import type { Test } from 'tap'

export interface RawConnection {
  socket: Socket
  /** The received text so far. */
  text: () => string
  isClosed: () => boolean
  /** Waits for the next response with a Content-Length, or without a body, and removes it from the received text. */
  response: () => Promise<RawResponse>
}

export interface RawResponse {
  status: number
  headers: Record<string, string>
  body: string
}

/** A connection to the server that sends raw bytes. */
export async function openRaw (t: Test, url: string, first: string | Buffer = ''): Promise<RawConnection> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  t.teardown(() => socket.destroy())
  let [text, isClosed] = ['', false]
  socket.setEncoding('latin1').on('data', (chunk: string) => { text += chunk })
  // A reset also closes the connection.
  socket.on('error', () => {}).on('close', () => { isClosed = true })
  if (first !== '') socket.write(first)
  return {
    socket,
    text: () => text,
    isClosed: () => isClosed,
    response: async () => {
      const found = await until(async () => {
        return readResponse(text) ?? isClosed
      }, { what: 'a response', everyMs: 5 })
      if (found === true) throw new Error(`The connection was closed after: ${text}`)
      text = text.slice(found.length)
      return found.response
    }
  }
}

function readResponse (text: string): { response: RawResponse, length: number } | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const length = end + 4 + Number(headers['content-length'] ?? 0)
  if (text.length < length) return undefined
  return { length, response: { status: Number(statusLine.split(' ')[1]), headers, body: text.slice(end + 4, length) } }
}

import { createServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import { listen } from '../../local-server.ts'
import { makeCertificate } from '../../make-certificate.ts'

/** Types of frames (RFC 9113 §6). */
const frames = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7 }
const flags = { ack: 1, endStream: 1, endHeaders: 4 }
const maxConcurrentStreams = 3
/** The client sends it first. */
const prefaceBytes = 24

/** One connection of the server. */
export class FrameConnection {
  readonly socket: TLSSocket
  /** The codes of all RST_STREAM frames of the client, by stream. */
  readonly resets = new Map<number, number>()
  pings = 0
  /** Whether the client has said that it sends no more requests. */
  isGoingAway = false
  /** Does not confirm pings. */
  isDeaf = false
  #received = Buffer.alloc(0)
  #hasPreface = false

  constructor (socket: TLSSocket, onRequest: (connection: FrameConnection, streamId: number) => void) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      if (!this.#hasPreface && this.#received.length >= prefaceBytes) {
        this.#hasPreface = true
        this.#received = this.#received.subarray(prefaceBytes)
      }
      while (this.#hasPreface && this.#received.length >= 9) {
        const length = this.#received.readUIntBE(0, 3)
        if (this.#received.length < 9 + length) return
        const frame = this.#received.subarray(0, 9 + length)
        this.#received = this.#received.subarray(9 + length)
        this.#handle(frame, onRequest)
      }
    })
  }

  settings (values: { maxStreams?: number } = {}): void {
    const { maxStreams } = values
    this.#send(frames.settings, 0, 0, maxStreams === undefined ? Buffer.alloc(0) : setting(maxConcurrentStreams, maxStreams))
  }

  /** `:status: 200` is the eighth entry of HPACK's static table, and the name `content-length` the 28th. */
  respond (streamId: number, length?: string): void {
    const stated = length === undefined ? [] : [0x0f, 28 - 15, length.length, ...Buffer.from(length)]
    this.#send(frames.headers, flags.endHeaders, streamId, Buffer.from([0x88, ...stated]))
  }

  data (streamId: number, text: string, isLast = false): void {
    this.#send(frames.data, isLast ? flags.endStream : 0, streamId, Buffer.from(text))
  }

  complete (streamId: number): void {
    this.respond(streamId)
    this.data(streamId, 'ok', true)
  }

  reset (streamId: number, errorCode: number): void {
    this.#send(frames.reset, 0, streamId, numbers(errorCode))
  }

  goaway (lastStreamId: number, errorCode: number): void {
    this.#send(frames.goaway, 0, 0, numbers(lastStreamId, errorCode))
  }

  #handle (frame: Buffer, onRequest: (connection: FrameConnection, streamId: number) => void): void {
    const [type, flag, streamId, payload] = [frame[3], frame[4] ?? 0, frame.readUInt32BE(5), frame.subarray(9)]
    const isAck = (flag & flags.ack) !== 0
    if (type === frames.settings && !isAck) this.#send(frames.settings, flags.ack, 0, Buffer.alloc(0))
    if (type === frames.headers) onRequest(this, streamId)
    if (type === frames.reset) this.resets.set(streamId, payload.readUInt32BE(0))
    if (type === frames.goaway) this.isGoingAway = true
    if (type === frames.ping && !isAck) {
      this.pings++
      if (!this.isDeaf) this.#send(frames.ping, flags.ack, 0, payload)
    }
  }

  #send (type: number, flag: number, streamId: number, payload: Buffer): void {
    const head = Buffer.alloc(9)
    head.writeUIntBE(payload.length, 0, 3)
    head[3] = type
    head[4] = flag
    head.writeUInt32BE(streamId, 5)
    this.socket.write(Buffer.concat([head, payload]))
  }
}

export interface FrameServer {
  url: string
  cert: string
  connections: FrameConnection[]
}

/**
 * A server that sends each frame of HTTP/2 when a test says so, and never closes a connection by itself. Node's own server ends a
 * stream before it resets it, and it cannot ignore pings.
 */
export async function openFrameServer (
  t: Test, onRequest: (connection: FrameConnection, streamId: number) => void, { maxStreams }: { maxStreams?: number } = {}
): Promise<FrameServer> {
  const { key, cert } = await makeCertificate(t, 'IP:127.0.0.1')
  const server: FrameServer = { url: '', cert, connections: [] }
  const tls = createServer({ key, cert, ALPNProtocols: ['h2'], allowHalfOpen: true }, (socket) => {
    const connection = new FrameConnection(socket.on('error', () => {}), onRequest)
    server.connections.push(connection)
    connection.settings(maxStreams === undefined ? {} : { maxStreams })
  })
  server.url = `https://127.0.0.1:${await listen(t, tls)}`
  return server
}

function numbers (...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index))
  return bytes
}

function setting (id: number, value: number): Buffer {
  const bytes = Buffer.alloc(6)
  bytes.writeUInt16BE(id, 0)
  bytes.writeUInt32BE(value, 2)
  return bytes
}

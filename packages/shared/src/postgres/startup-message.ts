import type { Socket } from 'node:net'

const paddingName = 'carillon.padding'
/** postgres.js sends this many bytes immediately, and fewer in a later turn of the event loop. */
const sentAtOnce = 1_024
/** The protocol version, and the first parameter that postgres.js sends. */
const start = Buffer.from('\0\u0003\0\0user\0')
const padding = Buffer.from(`\0${paddingName}\0`)
const lengthBytes = 4

/** A session parameter that makes postgres.js send the startup message immediately. `keepStartupClean` removes it. */
export const startupPadding: Readonly<Record<string, string>> = { [paddingName]: ' '.repeat(sentAtOnce) }

/**
 * When postgres.js 3.4 accepts a statement while its connection closes, it leaves unsent bytes. They come before the next
 * startup message and delay it. The padding makes postgres.js send the message immediately, and this function removes both.
 */
export function keepStartupClean<Opened extends Socket> (socket: Opened): Opened {
  const write = socket.write.bind(socket)
  return Object.assign(socket, {
    write: (bytes: Buffer, done?: () => void) => {
      Object.assign(socket, { write })
      return write(startupOf(bytes), done)
    }
  })
}

/** Returns other messages, such as a cancel request, unchanged. */
function startupOf (bytes: Buffer): Buffer {
  const from = bytes.lastIndexOf(start) - lengthBytes
  const to = bytes.lastIndexOf(padding)
  if (from < 0 || to < from) return bytes
  const message = Buffer.concat([bytes.subarray(from, to), Buffer.from('\0\0')])
  message.writeInt32BE(message.length)
  return message
}

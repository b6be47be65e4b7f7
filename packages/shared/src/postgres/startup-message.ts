import type { Socket } from 'node:net'

const paddingName = 'carillon.padding'
/** postgres.js sends this many bytes at once, and fewer in a later turn of the event loop. */
const sentAtOnce = 1_024
/** The version of the protocol, and the first parameter that postgres.js sends. */
const start = Buffer.from('\0\u0003\0\0user\0')
const padding = Buffer.from(`\0${paddingName}\0`)
const lengthBytes = 4

/** A parameter of the session that makes the startup message be sent at once. `keepStartupClean` removes it. */
export const startupPadding: Readonly<Record<string, string>> = { [paddingName]: ' '.repeat(sentAtOnce) }

/**
 * A statement that postgres.js 3.4 takes while its connection closes leaves bytes that it never sends: they come before the next
 * startup message, which then waits behind them. With its padding that message is sent at once, and here it loses both.
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

/** As it is where it is no startup message, but the request to cancel a statement. */
function startupOf (bytes: Buffer): Buffer {
  const from = bytes.lastIndexOf(start) - lengthBytes
  const to = bytes.lastIndexOf(padding)
  if (from < 0 || to < from) return bytes
  const message = Buffer.concat([bytes.subarray(from, to), Buffer.from('\0\0')])
  message.writeInt32BE(message.length)
  return message
}

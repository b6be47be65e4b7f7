import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { createServer } from 'node:net'

/**
 * Lower than the ephemeral ports of systems (Linux uses 32768 and higher). An ephemeral port that is free now may become the
 * source port of an outgoing connection before the server listens.
 */
const lowestPort = 20_000
const highestPort = 32_767
const maxTries = 1000

/** What reserves the ports of this process, by port. */
const reservations = new Map<number, Socket>()

/**
 * A free TCP port of 127.0.0.1: `preferred` if it is free, otherwise any other. It stays reserved for this process until it ends,
 * so its servers may start on it later, and again. No other caller of this function gets it, in any process.
 */
export async function freePort (preferred?: number): Promise<number> {
  if (preferred && await reserve(preferred)) return preferred
  for (let tries = 0; tries < maxTries; tries++) {
    // Random, because other processes choose at the same time.
    const port = randomInt(lowestPort, highestPort + 1)
    if (!reservations.has(port) && await reserve(port)) return port
  }
  throw new Error(`no port from ${lowestPort} to ${highestPort} of 127.0.0.1 is free`)
}

/** Holds the UDP port of the same number, because the system lets only one process have it and frees it when the process ends. */
async function reserve (port: number): Promise<boolean> {
  const isOwn = reservations.has(port)
  const socket = isOwn ? undefined : await bindSocket(port)
  if (!isOwn && socket === undefined) return false
  if (socket !== undefined) reservations.set(port, socket)
  if (await isPortFree(port)) return true
  socket?.close()
  if (socket !== undefined) reservations.delete(port)
  return false
}

function bindSocket (port: number): Promise<Socket | undefined> {
  const socket = createSocket('udp4')
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close()
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(socket.unref()))
  })
}

export async function isPortFree (port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

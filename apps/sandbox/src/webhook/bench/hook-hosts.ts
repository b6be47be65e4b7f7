import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import { headerOf } from '../../kit/quick-route.ts'
import type { QuickResponse } from '../../kit/quick-route.ts'
import { createLatency } from '../../kit/latency.ts'

/** How all of the hosts respond, except for those that hang. */
export interface HostBehavior {
  /** The median time of a response. */
  medianMs: number
  /** The hosts that accept connections and never respond. */
  hanging: string[]
  /** A host refuses a request with 429 while it has this many; null: none. */
  maxAtOnce: number | null
}

interface HookCounts {
  /** Messages that were accepted. Each has its own id. */
  distinct: number
  /** Requests with the id of an accepted message. */
  repeated: number
  refused: number
  /** The time that accepted requests took so far, all of them together. */
  busyMs: number
}

/** Many hosts of users on one machine: each is a port. They count messages instead of keeping them. */
export interface HookHosts {
  /** Opens ports until there are `count` of them. Returns `HOST:PORT` of these. */
  open: (count: number) => Promise<string[]>
  behave: (behavior: HostBehavior) => void
  respond: (head: string) => QuickResponse | undefined
  counts: () => HookCounts
  /** Resets the counts and the behavior, and ends all connections. */
  reset: () => void
  /** Passes connections to `server` from now on. */
  serve: (server: Server) => void
  close: () => void
}

const accepted = 'HTTP/1.1 204 No Content\r\nconnection: keep-alive\r\n\r\n'
const refusal = 'HTTP/1.1 429 Too Many Requests\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n'
const usual: HostBehavior = { medianMs: 0, hanging: [], maxAtOnce: null }

export function createHookHosts (): HookHosts {
  const ports: NetServer[] = []
  const sockets = new Set<Socket>()
  const latency = createLatency()
  const ids = new Set<string>()
  const atOnce = new Map<string, number>()
  let pass: (socket: Socket) => void = (socket) => { socket.destroy() }
  let maxAtOnce: number | null = null
  let hanging = new Set<string>()
  let repeated = 0
  let refused = 0
  let busyMs = 0
  let changedAt = 0

  function behave (behavior: HostBehavior): void {
    // A host that no longer hangs has been restarted.
    if (hanging.size > 0) endConnections()
    latency.setMedian(behavior.medianMs)
    hanging = new Set(behavior.hanging)
    maxAtOnce = behavior.maxAtOnce
  }

  function endConnections (): void {
    for (const socket of sockets) socket.destroy()
  }

  async function openPort (): Promise<void> {
    const port = createServer((socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      pass(socket)
    })
    ports.push(port)
    await once(port.listen(0, '127.0.0.1'), 'listening')
  }

  /** Adds the time since the last change. */
  function addBusyTime (): void {
    const now = performance.now()
    let requests = 0
    for (const count of atOnce.values()) requests += count
    busyMs += requests * (now - changedAt)
    changedAt = now
  }

  function count (host: string, change: 1 | -1): void {
    addBusyTime()
    const left = (atOnce.get(host) ?? 0) + change
    if (left > 0) atOnce.set(host, left)
    else atOnce.delete(host)
  }

  return {
    async open (count) {
      while (ports.length < count) await openPort()
      return ports.slice(0, count).map((port) => `127.0.0.1:${(port.address() as AddressInfo).port}`)
    },

    behave,

    respond (head) {
      const host = headerOf(head, 'host')
      const id = headerOf(head, 'webhook-id')
      if (host === undefined || id === undefined) return undefined
      if (hanging.has(host)) return { text: '', delayMs: Infinity }
      if (maxAtOnce !== null && (atOnce.get(host) ?? 0) >= maxAtOnce) {
        refused++
        return { text: refusal, delayMs: 0 }
      }
      if (ids.has(id)) repeated++
      else ids.add(id)
      const delayMs = latency.nextMs()
      if (maxAtOnce !== null) {
        count(host, 1)
        // Before the timer of the response, which is as long.
        setTimeout(() => count(host, -1), delayMs).unref()
      }
      return { text: accepted, delayMs }
    },

    counts () {
      addBusyTime()
      return { distinct: ids.size, repeated, refused, busyMs }
    },

    reset () {
      behave(usual)
      ids.clear()
      repeated = 0
      refused = 0
      busyMs = 0
      endConnections()
    },

    serve (server) { pass = (socket) => { server.emit('connection', socket) } },

    close () {
      for (const port of ports) port.close()
      endConnections()
    }
  }
}

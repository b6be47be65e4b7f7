import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { parseObject } from '../kit/http/parse-object.ts'
import { randomText } from '../kit/random-text.ts'
import type { Browsers, Subscription } from './browsers.ts'

/** What a real Firefox reports about a message: 100 is delivered, 101 could not be decrypted, 102 was not delivered. */
export interface Acknowledgment {
  account: string
  version: string
  code: number
}

interface SocketOptions {
  path: string
  browsers: Browsers
  endpointOf: (subscription: Subscription) => string
  acknowledged: (acknowledgment: Acknowledgment) => void
}

/** The connection that Firefox keeps to its push service. Set `dom.push.serverURL` to it. */
export function acceptFirefox (app: FastifyInstance, { path, browsers, endpointOf, acknowledged }: SocketOptions): void {
  const protocol = 'push-notification'
  const server = new WebSocketServer({ noServer: true, handleProtocols: (offered) => offered.has(protocol) && protocol })
  app.server.on('upgrade', (request: IncomingMessage, socket, head) => {
    if (request.url?.split('?')[0] !== path) return socket.destroy()
    server.handleUpgrade(request, socket, head, serve)
  })
  /** Each Firefox by its `uaid`, with which it reconnects. It does not register its channels again. */
  const known = new Map<string, { socket: WebSocket, channels: Map<string, Subscription> }>()
  app.addHook('preClose', async () => { for (const client of server.clients) client.terminate() })

  function serve (socket: WebSocket): void {
    let account = ''
    let channels = new Map<string, Subscription>()
    const send = (message: object): void => { socket.send(JSON.stringify(message)) }
    socket.on('error', () => {})
    socket.on('close', () => {
      if (known.get(account)?.socket === socket) for (const subscription of channels.values()) subscription.isOffline = true
    })
    socket.on('message', (data) => {
      const message = parseObject(String(data)) ?? {}
      const { messageType, channelID, key } = message
      switch (messageType) {
        case 'hello': {
          const uaid = String(message['uaid'] ?? '')
          // With another `uaid` than its own, Firefox drops its subscriptions.
          account = known.has(uaid) ? uaid : randomText(12)
          channels = known.get(account)?.channels ?? channels
          known.set(account, { socket, channels })
          send({ messageType, uaid: account, status: 200, use_webpush: true, broadcasts: {} })
          for (const [channelID, subscription] of channels) attach(channelID, subscription)
          return
        }
        case 'register': {
          const subscription = register(String(channelID), typeof key === 'string' ? key : undefined)
          return send({ messageType, channelID, status: 200, pushEndpoint: endpointOf(subscription) })
        }
        case 'unregister':
          browsers.end(accountOf(String(channelID)))
          return send({ messageType, channelID, status: 200 })
        case 'ping':
          return send({})
        case 'ack':
          for (const { channelID, ...update } of updatesIn(message)) acknowledged({ ...update, account: accountOf(channelID) })
      }
    })

    function register (channelID: string, key: string | undefined): Subscription {
      const serverKey = key === undefined ? undefined : Buffer.from(key, 'base64url').toString('base64url')
      const subscription = browsers.register(accountOf(channelID), serverKey)
      channels.set(channelID, subscription)
      attach(channelID, subscription)
      return subscription
    }

    function attach (channelID: string, subscription: Subscription): void {
      subscription.isOffline = false
      subscription.forward = ({ id, body, ttl }) => {
        const data = body.toString('base64url')
        send({ messageType: 'notification', channelID, version: id, ttl, data, headers: { encoding: 'aes128gcm' } })
      }
      for (const message of subscription.waiting.splice(0)) subscription.forward(message)
    }

    function accountOf (channelID: string): string {
      return `firefox-${account.slice(0, 6)}-${channelID.slice(0, 8)}`
    }
  }
}

interface Update {
  channelID: string
  version: string
  code: number
}

function updatesIn ({ updates }: Record<string, unknown>): Update[] {
  return Array.isArray(updates) ? updates : []
}

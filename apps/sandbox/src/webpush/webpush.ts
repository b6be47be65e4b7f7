import { createECDH } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { acceptJson } from '../kit/http/accept-json.ts'
import { createBrowsers } from './browsers.ts'
import type { Flavor, Subscription } from './browsers.ts'
import { browserControls, browserPages } from './browser-routes.ts'
import { errorOf, faultResponse, namedFaults } from './errors.ts'
import { createLimiter } from './limiter.ts'
import { pushRoutes } from './push-routes.ts'
import { createCountMessage, createShowMessage } from './show-message.ts'
import { acceptFirefox } from './socket.ts'
import type { Acknowledgment } from './socket.ts'
import type { CreateSimulator } from '../kit/simulator.ts'

const id = 'webpush'

/** A push service, and simulated browsers with subscriptions at it. */
export const createWebPush: CreateSimulator = ({ accounts, bench, clock, inbox }) => {
  const browsers = createBrowsers(id, accounts)
  const show = bench ? createCountMessage(id, inbox) : createShowMessage(id, inbox)
  const limiter = createLimiter(clock)
  const keys = generateKey()
  let acknowledgments: Acknowledgment[] = []
  let origin = ''

  return {
    id,
    name: 'Web Push',

    environment (url) {
      const { origin } = new URL(url)
      return { WEBPUSH_CONTACT: 'mailto:admin@carillon.example', WEBPUSH_KEYS: keys, WEBPUSH_HOSTS: origin }
    },

    async mount (app: FastifyInstance) {
      app.setErrorHandler((error: { statusCode?: number, message: string }, _request, reply) => {
        const { status, headers, body } = errorOf('tooLarge', 'mozilla')
        if (error.statusCode === 413) return reply.code(status).headers(headers).send(body)
        return reply.code(error.statusCode ?? 500).send({ error: error.message })
      })
      acceptJson(app)
      app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body) })
      app.addHook('onListen', async () => { origin = app.listeningOrigin })
      pushRoutes(app, { bench, clock, browsers, limiter, show })
      browserPages(app, { id, browsers, endpointOf })
      acceptFirefox(app, {
        path: `/${id}/socket`, browsers, endpointOf, acknowledged: (acknowledgment) => { acknowledgments.push(acknowledgment) }
      })
    },

    controls (app) {
      app.post<{ Body: { account: string, offline: boolean } }>('/offline', async ({ body: { account, offline } }, reply) => {
        const subscription = browsers.byAccount(account)
        if (subscription === undefined) return reply.code(400).send({ error: `account: ${id} has no account "${account}"` })
        subscription.isOffline = offline
        const waiting = offline ? [] : subscription.waiting.splice(0)
        for (const message of waiting) show(subscription, message, { method: 'POST', path: `/${id}`, headers: {}, body: null })
        return { released: waiting.length }
      })
      browserControls(app, { browsers, endpointOf })
      limiter.controls(app)
      app.get('/acknowledgments', async () => ({ data: acknowledgments }))
    },

    createAccount () {
      const subscription = browsers.subscribe({})
      const { own } = subscription
      return {
        account: subscription.account,
        endpoint: endpointOf(subscription),
        host: new URL(origin).host,
        p256dh: own?.pair.getPublicKey('base64url'),
        auth: own?.auth.toString('base64url')
      }
    },

    // A subscription does not expire. It ends when the user withdraws the permission.
    expireTokens: () => 0,
    revokeTokens: (account) => browsers.end(account),
    consentPath: () => `/${id}/browser`,
    toCard,
    state: { browsers },
    faultResponse,
    namedFaults: namedFaults(flavorOf),

    reset () {
      browsers.reset()
      limiter.reset()
      acknowledgments = []
    }
  }

  function endpointOf ({ token }: Subscription): string {
    return `${origin}/${id}/wpush/v2/${token}`
  }

  function flavorOf (path: string): Flavor {
    const [, token = ''] = /\/wpush\/v2\/(\w+)/.exec(path) ?? []
    return browsers.byToken(token)?.flavor ?? 'mozilla'
  }
}

function toCard (item: unknown) {
  const { title, body, navigate: url, image: imageUrl }: Record<string, string | undefined> = Object(item)
  return { kind: 'notification', title, body, url, imageUrl }
}

/** The VAPID key of a deployment that has none. */
function generateKey (): string {
  const pair = createECDH('prime256v1')
  pair.generateKeys()
  return Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()]).subarray(-32).toString('base64url')
}

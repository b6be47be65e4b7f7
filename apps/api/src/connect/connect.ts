import { readFile } from 'node:fs/promises'
import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import helmet from '@fastify/helmet'
import type { FastifyPluginAsync } from 'fastify'
import { html } from '../pages/html.ts'
import { sendPage } from '../pages/page.ts'
import type { Services } from '../services.ts'
import { createBrowserCookie } from './browser-cookie.ts'
import { sendFailure } from './outcome-pages.ts'
import { providerPages } from './provider-pages.ts'

const assets = {
  'page.css': 'text/css; charset=utf-8',
  'connect.js': 'text/javascript; charset=utf-8',
  'code.js': 'text/javascript; charset=utf-8'
}

/** Pages for people: the list of what can be connected, and the handshakes themselves. */
export function connect (services: Services): FastifyPluginAsync {
  const { site, vault } = services
  return async (app) => {
    await app.register(helmet, pageHeaders)
    await app.register(cookie, { secret: vault.derive('cookie') })
    await app.register(formbody, { bodyLimit: 4_096 })
    app.setErrorHandler(async (error, request, reply) => {
      request.log.error({ err: error }, 'page failed')
      return sendFailure(reply, 'internal', { site })
    })
    app.setNotFoundHandler(async (_request, reply) => sendFailure(reply, 'unknownHandshake', { site }))

    app.get('/', { schema: { hide: true }, prefixTrailingSlash: 'no-slash' }, async (_request, reply) => sendPage(reply, 200, {
      title: `Your connections at ${site.name}`,
      publicUrl: site.publicUrl,
      script: 'connect.js',
      content: html`
        <h1>Your connections at <em>${site.name}</em></h1>
        <p id="outcome" role="status" hidden></p>
        <p id="hint" class="soft">One moment…</p>
        <ul id="connectors"></ul>
        <noscript><p class="error">This page needs JavaScript.</p></noscript>`
    }))
    for (const [name, type] of Object.entries(assets)) {
      const file = await readFile(new URL(`../../assets/${name}`, import.meta.url))
      app.get(`/assets/${name}`, { schema: { hide: true } }, async (_request, reply) => {
        return reply.type(type).header('cache-control', 'public, max-age=300').send(file)
      })
    }
    await app.register(providerPages(services, createBrowserCookie(site)))
  }
}

/**
 * There is no `form-action`: browsers hold it against every redirect that follows a form, and ours leads to the provider and
 * from there to wherever its users log in. Nothing on these pages can be injected into that it would have to stop.
 */
const pageHeaders = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'connect-src': ["'self'"],
      'img-src': ['data:'],
      'base-uri': ["'none'"],
      'frame-ancestors': ["'none'"]
    }
  },
  xFrameOptions: { action: 'deny' as const },
  referrerPolicy: { policy: 'no-referrer' as const },
  // Whether all of the host speaks https is for whoever runs the host to say.
  strictTransportSecurity: false
}

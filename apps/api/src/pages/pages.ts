import { readFile } from 'node:fs/promises'
import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import type { FastifyPluginAsync } from 'fastify'
import type { Services } from '../services.ts'
import { createBrowserCookies } from './browser/browser-cookies.ts'
import { addHomePage } from './home-page.ts'
import { parseForm } from './browser/parse-form.ts'
import { preparePages } from './prepare-pages.ts'
import { providerPages } from './provider-pages.ts'
import { addSeenRoute } from './seen-route.ts'

const assets = {
  'page.css': 'text/css; charset=utf-8',
  'connect.js': 'text/javascript; charset=utf-8',
  'code.js': 'text/javascript; charset=utf-8',
  'confirm.js': 'text/javascript; charset=utf-8',
  'copy.js': 'text/javascript; charset=utf-8',
  'progress.js': 'text/javascript; charset=utf-8'
}

/** The pages for users under `/connect`: the list of what they can connect, and the pages of handshakes. */
export function pages (services: Services): FastifyPluginAsync {
  const { site, vault } = services
  return async (app) => {
    await preparePages(app, site)
    await app.register(cookie, { secret: vault.derive('cookie') })
    await app.register(formbody, { bodyLimit: 4_096, parser: parseForm })
    addHomePage(app, services)
    for (const [name, type] of Object.entries(assets)) {
      const file = await readFile(new URL(`../../assets/${name}`, import.meta.url))
      app.get(`/assets/${name}`, { schema: { hide: true } }, async (_request, reply) => {
        return reply.type(type).header('cache-control', 'public, max-age=300').send(file)
      })
    }
    addSeenRoute(app, services)
    await app.register(providerPages(services, createBrowserCookies(site)))
  }
}

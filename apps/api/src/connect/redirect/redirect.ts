import type { FastifyPluginAsync } from 'fastify'
import type { Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import { callbackUrl } from '../addresses.ts'
import type { BrowserCookie } from '../browser-cookie.ts'
import { addAuthorization } from './authorization.ts'
import { addCallback } from './callback.ts'
import { addStart } from './start.ts'

/** The way in through the browser, for each provider that has one: `/connect/<provider>/start` and `…/callback`. */
export function redirectHandshakes (services: Services, browser: BrowserCookie): FastifyPluginAsync {
  return async (app) => {
    for (const provider of services.providers.values()) {
      await app.register(ofProvider(provider, services, browser), { prefix: `/${provider.id}` })
    }
  }
}

function ofProvider (provider: Provider, services: Services, browser: BrowserCookie): FastifyPluginAsync {
  return async (scope) => {
    const { code } = provider.handshakes
    if (code === undefined) return
    await addAuthorization(scope, code, callbackUrl(services.site, provider.id))
    addStart(scope, provider, browser, services)
    addCallback(scope, provider, code, browser, services)
  }
}

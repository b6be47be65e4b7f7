import { createHttp } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import type { Test } from 'tap'
import { loadConfig } from '../../../src/config/index.ts'
import { defineService } from '../../../src/providers/index.ts'
import type { Grant, PendingRedirect, Provider, RequestContext } from '../../../src/providers/index.ts'
import { serviceDocument } from '../conformance/all-definitions.ts'
import { openSimulator } from '../conformance/simulator.ts'
import type { Simulator } from '../conformance/simulator.ts'

export interface OpenedService {
  simulator: Simulator
  provider: Provider
  context: RequestContext
  begin: (options?: { needsConsentPrompt?: boolean, state?: string }) => Promise<PendingRedirect>
  /** Allows access as `account`, and returns the callback. */
  allow: (authorizeUrl: string, account?: string) => Promise<URL>
  /** The whole handshake. */
  connect: (account?: string) => Promise<Grant>
  /** Switches a quirk of the simulator on. */
  quirk: (quirk: string, on?: boolean) => Promise<void>
}

const redirectUri = 'http://127.0.0.1:1/connect/noticeboard/callback'

/** The simulated service, and a client that `change` configures differently from the document. */
export async function openService (t: Test, change: object = {}, origin?: Simulator): Promise<OpenedService> {
  const simulator = origin ?? await openSimulator(t, 'noticeboard')
  const { definition } = defineService({ ...serviceDocument, ...change }, 'noticeboard.yaml')
  const provider = definition.create(loadConfig(simulator.environment, [], [definition]), { name: 'Site' })
  const redirect = provider?.handshakes.redirect
  if (provider === undefined || redirect === undefined) throw new Error('the service is not configured')
  const http = createHttp({ trustedOrigins: provider.origins, allowPrivateHosts: [] })
  t.teardown(() => http.close())
  const { signal } = new AbortController()
  const context: RequestContext = { http, signal, now: Date.now, registrations: createMemoryRegistrations() }
  const begin: OpenedService['begin'] = ({ needsConsentPrompt = false, state = 'the-state' } = {}) =>
    redirect.begin({ account: null, redirectUri, state, needsConsentPrompt }, context)
  return {
    simulator,
    provider,
    context,
    begin,
    allow,
    async connect (account) {
      const { authorizeUrl, pending } = await begin()
      return await redirect.complete(pending, await allow(authorizeUrl, account), context)
    },
    quirk: (quirk, on = true) => simulator.control('quirks', { provider: 'noticeboard', quirk, on })
  }
}

async function allow (authorizeUrl: string, account = 'ann'): Promise<URL> {
  const response = await fetch(`${authorizeUrl}&auto=allow&account=${encodeURIComponent(account)}`, { redirect: 'manual' })
  return new URL(response.headers.get('location') ?? '')
}

import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { createAccounts } from './accounts.ts'
import { applyFaults } from './apply-faults.ts'
import { createClock } from './clock.ts'
import { controlRoutes } from './control/control-routes.ts'
import { createFaults } from './faults.ts'
import { createInbox } from './inbox.ts'
import { screenRoutes } from './screen/screen-routes.ts'
import { simulators as allSimulators } from './simulators.ts'
import { createStats } from './stats.ts'

export interface SandboxOptions {
  /** Default 0: any free port. */
  port?: number
  /** Default 127.0.0.1. */
  host?: string
}

export interface Sandbox {
  /** Base URL, without a slash at its end. */
  url: string
  close: () => Promise<void>
}

/** Opens the simulators, their controls and the page on one port. Rejects when the port cannot be had. */
export async function openSandbox ({ port = 0, host = '127.0.0.1' }: SandboxOptions = {}): Promise<Sandbox> {
  const app = createSandboxApp()
  await app.listen({ port, host })
  return { url: urlOf(app.server.address(), host), close: async () => { await app.close() } }
}

function createSandboxApp (): FastifyInstance {
  const app = Fastify({
    // Without this, close() waits for event streams and for clients that keep their connections alive.
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true } }
  })
  const clock = createClock()
  const inbox = createInbox(clock)
  const accounts = createAccounts()
  const faults = createFaults()
  const stats = createStats()
  const simulators = allSimulators.map((create) => create({ clock, inbox, accounts }))

  for (const simulator of simulators) {
    app.register(async (scope) => {
      applyFaults(scope, simulator, faults, stats)
      await simulator.mount(scope)
    }, { prefix: `/${simulator.id}` })
  }
  app.register(controlRoutes({ clock, inbox, accounts, faults, stats, simulators }), { prefix: '/_control' })
  app.register(screenRoutes({ inbox, accounts, simulators }))
  return app
}

function urlOf (address: AddressInfo | string | null, host: string): string {
  if (address === null || typeof address === 'string') throw new TypeError('the sandbox listens on TCP only')
  // A wildcard is an address to listen on, not one to call.
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${address.port}`
}

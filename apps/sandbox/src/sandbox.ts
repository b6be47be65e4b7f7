import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { controlRoutes } from './control/control-routes.ts'
import { createAccounts } from './kit/accounts.ts'
import { createClock } from './kit/clock.ts'
import { applyFaults } from './kit/faults/apply-faults.ts'
import { createFaults } from './kit/faults/faults.ts'
import { createInbox } from './kit/inbox.ts'
import { listEnvironments } from './kit/list-environments.ts'
import { putInFront } from './kit/quick-route.ts'
import type { CreateSimulator, Simulator } from './kit/simulator.ts'
import { createStats } from './kit/stats.ts'
import { screenRoutes } from './screen/screen-routes.ts'
import { listSimulators } from './simulators.ts'
import type { SimulatorOptions } from './simulators.ts'

export interface SandboxOptions extends SimulatorOptions {
  /** Default 0: any free port. */
  port?: number
  /** The port of the pump.io simulator, which has its own host. Default: the port after `port`, or any free port if that is 0. */
  pumpioPort?: number
  /** Default 127.0.0.1. */
  host?: string
  /** Simulators beside the sandbox's own. */
  simulators?: CreateSimulator[]
}

export interface Sandbox {
  /** Base URL, without a slash at its end. */
  url: string
  /** Base URL of the pump.io simulator, whose accounts are `NAME@HOST:PORT`. */
  pumpioUrl: string
  /** The variables that point Carillon at these simulators, or at all of them. */
  environment: (...providers: string[]) => Record<string, string>
  close: () => Promise<void>
}

/** Opens the simulators, their control calls and the page. Rejects when a port is in use. */
export async function openSandbox (options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', pumpioPort = port === 0 ? 0 : port + 1 } = options
  const { app, pumpio, simulators } = createSandboxApps(host, options)
  const close = async (): Promise<void> => { await Promise.all([app.close(), pumpio.close()]) }
  try {
    await app.listen({ port, host })
    await pumpio.listen({ port: pumpioPort, host })
  } catch (error) {
    await close()
    throw error
  }
  const urls = { url: urlOf(app.server.address(), host), pumpioUrl: urlOf(pumpio.server.address(), host) }
  const environments = listEnvironments(simulators, urls.url, () => urls.pumpioUrl)
  return {
    ...urls,
    environment: (...providers) => Object.assign({}, ...environments
      .filter(({ provider }) => providers.length === 0 || providers.includes(provider))
      .map(({ environment }) => environment)),
    close
  }
}

interface SandboxApps {
  app: FastifyInstance
  pumpio: FastifyInstance
  simulators: Simulator[]
}

function createSandboxApps (host: string, options: SandboxOptions): SandboxApps {
  const app = createApp()
  const pumpio = createApp()
  const clock = createClock()
  const inbox = createInbox(clock)
  const accounts = createAccounts()
  const faults = createFaults()
  const stats = createStats()
  const hostOf = () => new URL(urlOf(pumpio.server.address(), host)).host
  const services = { clock, inbox, accounts, hostOf }
  const simulators = [...listSimulators(options), ...options.simulators ?? []].map((create) => create(services))

  for (const simulator of simulators) {
    const quick = simulator.quickRoute?.({ faults, stats })
    if (quick !== undefined) {
      const endQuick = putInFront(app.server, quick)
      app.addHook('preClose', async () => { endQuick() })
    }
    const mount = async (scope: FastifyInstance): Promise<void> => {
      applyFaults(scope, simulator, faults, stats)
      await simulator.mount(scope)
    }
    if (simulator.hasOwnHost === true) pumpio.register(mount)
    else app.register(mount, { prefix: `/${simulator.id}` })
  }
  app.register(controlRoutes({ ...services, faults, stats, simulators }), { prefix: '/_control' })
  app.register(screenRoutes({ inbox, accounts, simulators }))
  return { app, pumpio, simulators }
}

function createApp (): FastifyInstance {
  return Fastify({
    // Otherwise close() waits for event streams and for kept-alive connections.
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true } }
  })
}

function urlOf (address: AddressInfo | string | null, host: string): string {
  if (address === null || typeof address === 'string') throw new TypeError('the sandbox listens on TCP only')
  // A program can listen on a wildcard address, and cannot call it.
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${address.port}`
}

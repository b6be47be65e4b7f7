import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { createAccounts } from './kit/accounts.ts'
import { putInFront } from './kit/quick-route.ts'
import { createTally } from './pushbullet/bench/tally.ts'
import { applyFaults } from './kit/faults/apply-faults.ts'
import { createClock } from './kit/clock.ts'
import { controlRoutes } from './control/control-routes.ts'
import type { AppSettings } from './facebook/removal/notices.ts'
import { createFaults } from './kit/faults/faults.ts'
import { createInbox } from './kit/inbox.ts'
import { screenRoutes } from './screen/screen-routes.ts'
import { listEnvironments } from './kit/list-environments.ts'
import { simulators as allSimulators } from './simulators.ts'
import type { Simulator } from './kit/simulator.ts'
import { createStats } from './kit/stats.ts'

export interface SandboxOptions {
  /** Default 0: any free port. */
  port?: number
  /** Of the pump.io simulator, which has a host of its own. Default: the port after `port`, or any where that is any. */
  pumpioPort?: number
  /** Default 127.0.0.1. */
  host?: string
  /** Counts Pushbullet's pushes by their guid instead of keeping them, and answers them as fast as it can. */
  bench?: boolean
  /** Where the simulated Facebook tells the app that a user has removed it, and wants data deleted. Default: nowhere. */
  facebookApp?: Partial<AppSettings>
}

export interface Sandbox {
  /** Base URL, without a slash at its end. */
  url: string
  /** Base URL of the pump.io simulator, whose accounts are `NAME@HOST:PORT`. */
  pumpioUrl: string
  /** The variables that point Carillon at these simulators; at all when none is named. */
  environment: (...providers: string[]) => Record<string, string>
  close: () => Promise<void>
}

/** Opens the simulators, their controls and the page. Rejects when a port cannot be had. */
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

function createSandboxApps (
  host: string, { bench = false, facebookApp }: SandboxOptions
): { app: FastifyInstance, pumpio: FastifyInstance, simulators: Simulator[] } {
  const app = createApp()
  const pumpio = createApp()
  const clock = createClock()
  const inbox = createInbox(clock)
  const accounts = createAccounts()
  const faults = createFaults()
  const stats = createStats()
  const tally = bench ? createTally() : undefined
  const hostOf = () => new URL(urlOf(pumpio.server.address(), host)).host
  const desk = { clock, inbox, accounts, tally, hostOf, facebookApp }
  const simulators = allSimulators.map((create) => create(desk))

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
  app.register(controlRoutes({ ...desk, faults, stats, simulators }), { prefix: '/_control' })
  app.register(screenRoutes({ inbox, accounts, simulators }))
  return { app, pumpio, simulators }
}

function createApp (): FastifyInstance {
  return Fastify({
    // Without this, close() waits for event streams and for clients that keep their connections alive.
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true } }
  })
}

function urlOf (address: AddressInfo | string | null, host: string): string {
  if (address === null || typeof address === 'string') throw new TypeError('the sandbox listens on TCP only')
  // A wildcard is an address to listen on, not one to call.
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${address.port}`
}

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
import { keepStates } from './kit/state/keep-states.ts'
import type { StateOptions } from './kit/state/keep-states.ts'
import { saveBeforeResponses } from './kit/state/save-before-responses.ts'
import type { StateKeeper } from './kit/state/state-keeper.ts'
import { createStats } from './kit/stats.ts'
import { screenRoutes } from './screen/screen-routes.ts'
import { readPort, SettingError } from './kit/read-variable.ts'
import type { SandboxEnvironment } from './kit/read-variable.ts'
import { simulators as ownSimulators } from './simulators.ts'

const PLUGIN_TIMEOUT_MS = 120_000

export interface SandboxOptions extends StateOptions {
  /** Default 0: any free port. */
  port?: number
  /** Default 127.0.0.1. */
  host?: string
  /** Simulators that can count what they are sent instead of keeping it do so, and respond as fast as possible. */
  bench?: boolean
  /**
   * The variables of single simulators. `SANDBOX_<ID>_PORT` is the port of a simulator with its own host; by default the port
   * after `port`, or any free port if that is 0.
   */
  env?: SandboxEnvironment
  /** Simulators beside the sandbox's own. */
  simulators?: CreateSimulator[]
}

export interface Sandbox {
  /** Base URL, without a slash at its end. */
  url: string
  /** The simulators with a host of their own, whose accounts are `NAME@HOST:PORT`. */
  ownHosts: Array<{ id: string, name: string, url: string }>
  /** Base URL of a simulator. */
  urlOf: (id: string) => string
  /** The variables that point Carillon at these simulators, or at all of them. */
  environment: (...providers: string[]) => Record<string, string>
  close: () => Promise<void>
}

/** Opens the simulators, their control calls and the page. Throws SettingError when a port is in use. */
export async function openSandbox (options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', env = {} } = options
  const { app, ownApps, servers, simulators, keepers } = createSandboxApps(host, options)
  const save = async (): Promise<void> => { await Promise.all(keepers.map((keeper) => keeper.save())) }
  const close = async (): Promise<void> => {
    // Before the ports are free, since the next sandbox loads the state before it listens. Then what the last requests changed.
    await save()
    await Promise.all([app, ...servers.values()].map((each) => each.close()))
    await save()
  }
  try {
    await listen(app, { port, host }, 'SANDBOX_PORT')
    for (const [index, [id, server]] of [...servers].entries()) {
      const variable = `SANDBOX_${id.toUpperCase()}_PORT`
      await listen(server, { port: readPort(env, variable) ?? (port === 0 ? 0 : port + 1 + index), host }, variable)
    }
  } catch (error) {
    await close()
    throw error
  }
  const url = addressOf(app, host)
  const urlOf = (id: string): string => ownApps.has(id) ? addressOf(ownApps.get(id), host) : `${url}/${id}`
  const environments = listEnvironments(simulators, url, urlOf)
  return {
    url,
    urlOf,
    ownHosts: simulators.flatMap(({ id, name }) => ownApps.has(id) ? [{ id, name, url: urlOf(id) }] : []),
    environment: (...providers) => Object.assign({}, ...environments
      .filter(({ provider }) => providers.length === 0 || providers.includes(provider))
      .map(({ environment }) => environment)),
    close
  }
}

/** A server with a port of its own. */
interface Listener {
  listen: (at: { port: number, host: string }) => Promise<unknown>
  close: () => Promise<void>
}

interface SandboxApps {
  app: FastifyInstance
  /** The simulators with a host of their own, by id. */
  ownApps: Map<string, FastifyInstance>
  /** All simulators with a port of their own, by id. */
  servers: Map<string, Listener>
  simulators: Simulator[]
  keepers: StateKeeper[]
}

function createSandboxApps (host: string, options: SandboxOptions): SandboxApps {
  const { bench = false, env = {}, simulators: more = [] } = options
  const app = createApp()
  const ownApps = new Map<string, FastifyInstance>()
  const servers = new Map<string, Listener>()
  const clock = createClock()
  const inbox = createInbox(clock)
  const accounts = createAccounts()
  const faults = createFaults()
  const stats = createStats()
  const hostOf = (id: string): string => new URL(addressOf(ownApps.get(id), host)).host
  const services = { clock, inbox, accounts, hostOf, bench, env }
  const simulators = [...ownSimulators, ...more].map((create) => create(services))

  const keepers = keepStates(simulators, accounts, options)
  const keepersOf = (id: string): StateKeeper[] => [...keepers].filter(([owner]) => owner === id).map(([, keeper]) => keeper)

  for (const simulator of simulators) {
    const mount = async (scope: FastifyInstance): Promise<void> => {
      applyFaults(scope, simulator, faults, stats)
      saveBeforeResponses(scope, keepersOf(simulator.id))
      await simulator.mount(scope)
    }
    const ownApp = simulator.hasOwnHost === true ? createApp() : undefined
    const quick = simulator.quickRoute?.({ faults, stats })
    if (quick !== undefined) {
      const { server } = ownApp ?? app
      const endQuick = putInFront(server, quick);
      (ownApp ?? app).addHook('preClose', async () => { endQuick() })
    }
    if (ownApp !== undefined) {
      ownApps.set(simulator.id, ownApp)
      servers.set(simulator.id, ownApp)
      ownApp.register(mount)
    } else {
      app.register(mount, { prefix: `/${simulator.id}` })
    }
    const server = simulator.createServer?.({ faults, stats })
    if (server !== undefined) servers.set(simulator.id, server)
  }
  app.register(async (scope) => {
    saveBeforeResponses(scope, [...keepers.values()])
    scope.register(controlRoutes({ ...services, faults, stats, simulators }))
  }, { prefix: '/_control' })
  app.register(screenRoutes({ inbox, accounts, simulators }))
  return { app, ownApps, servers, simulators, keepers: [...keepers.values()] }
}

async function listen (server: Listener, at: { port: number, host: string }, variable: string): Promise<void> {
  await server.listen(at).catch((error: NodeJS.ErrnoException) => {
    throw new SettingError(error.code === 'EADDRINUSE'
      ? `${variable}: port ${at.port} on ${at.host} is already in use; choose another, or 0 for any free one`
      : `the sandbox cannot listen on ${at.host}:${at.port}: ${error.message}`)
  })
}

function createApp (): FastifyInstance {
  return Fastify({
    // Otherwise close() waits for event streams and for kept-alive connections.
    forceCloseConnections: true,
    // The default of ten seconds is too short for a busy machine, where reading a file may take as long.
    pluginTimeout: PLUGIN_TIMEOUT_MS,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true } }
  })
}

function addressOf (app: FastifyInstance | undefined, host: string): string {
  const address: AddressInfo | string | null | undefined = app?.server.address()
  if (address === undefined || address === null || typeof address === 'string') throw new TypeError('the sandbox listens on TCP only')
  // A program can listen on a wildcard address, and cannot call it.
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${address.port}`
}

import type { FastifyInstance } from 'fastify'
import { ConfigError, publicUrl } from '@carillon/shared/config'
import { startKeyReports } from '@carillon/shared/encryption-keys'
import { measureProcess } from '@carillon/shared/metrics'
import { createRuntime, openStores, runProcess } from '@carillon/shared/runtime'
import type { ProcessOverrides } from '@carillon/shared/runtime'
import { buildApp } from './app.ts'
import { createServices } from './create-services.ts'
import { holdPort } from './hold-port.ts'
import { openListeners } from './inbound/open-listeners.ts'

/** After this time of the shutdown, requests to providers are aborted, and their callers get an error. */
const providerDrainTimeoutMs = 9_000
/** After this time, the remaining connections of callers are closed. */
const drainTimeoutMs = 10_000

/** Runs the API until the process is asked to stop. */
export async function runApi (env: Record<string, string | undefined>, overrides: ProcessOverrides = {}): Promise<void> {
  const options = { name: 'api', env, drainTimeoutMs: providerDrainTimeoutMs, overrides }
  await runProcess(options, async ({ config, definitions, log, tracing, shutdown }) => {
    const stores = openStores(config, log, { tracing })
    shutdown.onClose(() => stores.close())
    await stores.waitUntilReady(shutdown.stopping)
    const keyReports = await startKeyReports({ database: stores.database, keys: config.CARILLON_KEYS, log })
    shutdown.onClose(() => keyReports.close())
    const runtime = createRuntime(config, { ...overrides, definitions, log, stores, tracing, signal: shutdown.aborting })
    shutdown.onClose(() => runtime.close())
    measureProcess(runtime.metrics.registry, 'api')

    // PUBLIC_URL contains the port, so a free port is chosen before the server listens.
    const held = config.PORT === 0 ? await holdPort(config.HOST).catch(refusePort(config.HOST, 0)) : undefined
    shutdown.onClose(() => held?.release())
    const port = held?.port ?? config.PORT
    const url = publicUrl(config, port)
    const services = createServices(runtime, url)
    shutdown.onClose(() => services.accepter.close())
    const app = await buildApp(services)
    shutdown.onClose(() => closeApp(app))
    await app.ready()
    await held?.release()
    await app.listen({ host: config.HOST, port }).catch(refusePort(config.HOST, port))
    await openListeners(services, (listener) => shutdown.onClose(() => listener.close()))
    log.info({ url }, 'ready')
    return { url }
  })
}

function refusePort (host: string, port: number): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    throw new ConfigError([error.code === 'EADDRINUSE'
      ? `PORT ${port} on ${host} is in use already; choose another, or 0 for any free one`
      : `The API cannot listen on ${host}:${port}: ${error.message}`])
  }
}

async function closeApp (app: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), drainTimeoutMs)
  await app.close()
  clearTimeout(timer)
}

import type { Server } from 'node:http'
import { ConfigError } from '@carillon/shared/config'
import { checkReady, optInEventTypes } from '@carillon/shared/db'
import { startKeyReports } from '@carillon/shared/encryption-keys'
import { requestEvents } from '@carillon/shared/events'
import { logRepeats } from '@carillon/shared/log'
import { createMetrics, createMetricsReader, measureProcess } from '@carillon/shared/metrics'
import { createRuntime, openStores, runProcess } from '@carillon/shared/runtime'
import type { ProcessOverrides } from '@carillon/shared/runtime'
import { createReadiness } from '@carillon/shared/stores'
import { describeLimits } from './concurrency/describe-limits.ts'
import { createServices } from './create-services.ts'
import { openHealth } from './health.ts'
import type { HealthOptions } from './health.ts'
import { startHeartbeat } from './start-heartbeat.ts'
import { startPolls } from './inbound/start-polls.ts'
import { startWorkers } from './workers.ts'

/** After this time of the shutdown, requests to providers are aborted. */
const drainTimeoutMs = 10_000

/** Runs the worker until the process is asked to stop. */
export async function runWorker (env: Record<string, string | undefined>, overrides: ProcessOverrides = {}): Promise<void> {
  await runProcess({ name: 'worker', env, drainTimeoutMs, overrides }, async ({ config, definitions, log, tracing, shutdown }) => {
    const stores = openStores(config, log, { tracing })
    shutdown.onClose(() => stores.close())
    const { database, queueBackend } = stores
    const { HOST: host, WORKER_HEALTH_PORT: port } = config
    const metrics = createMetrics()
    measureProcess(metrics.registry, 'worker')
    if (port !== undefined) {
      const checkReadiness = createReadiness({
        checkDatabase: () => checkReady(database),
        checkQueue: queueBackend.check,
        queueKind: queueBackend.kind,
        onError: logRepeats(log, 'warn', 'not ready')
      })
      const metricsReader = createMetricsReader(metrics.registry, config.METRICS_TOKEN)
      const server = await listen({ host, port }, { checkReadiness, metrics: metricsReader })
      shutdown.onClose(() => { server.close() })
    }
    await stores.waitUntilReady(shutdown.stopping)
    const keyReports = await startKeyReports({ database: stores.database, keys: config.CARILLON_KEYS, log })
    shutdown.onClose(() => keyReports.close())
    const runtime = createRuntime(config, { ...overrides, definitions, log, metrics, stores, tracing, signal: shutdown.aborting })
    shutdown.onClose(() => runtime.close())

    await requestEvents(database, 'configuration', config.RECORD_DELIVERY_EVENTS === '1' ? optInEventTypes : [])
    const services = createServices(runtime, { stopping: shutdown.stopping, aborting: shutdown.aborting })
    const polls = startPolls(services)
    shutdown.onClose(() => polls.close())
    const workers = startWorkers({
      runtime,
      services,
      reconcileEveryMs: config.RECONCILE_SECONDS * 1000
    })
    shutdown.onClose(() => workers.close())
    const heartbeat = startHeartbeat({
      database,
      log,
      providers: [...runtime.queues.deliver.keys()],
      countRunningJobs: workers.countRunningJobs,
      listLimits: () => describeLimits(services.limiter)
    })
    shutdown.onClose(() => heartbeat.close())
    log.info({ queue: queueBackend.kind, providers: [...runtime.queues.deliver.keys()] }, 'ready')
    return {}
  })
}

function listen (at: { host: string, port: number }, options: HealthOptions): Promise<Server> {
  return openHealth(at, options).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') throw new ConfigError([`WORKER_HEALTH_PORT ${at.port} is in use already`])
    throw new ConfigError([`HOST: the worker's health server cannot listen on ${at.host} (${error.code})`])
  })
}

import { ConfigError, findUnknownVariables, loadDeployment } from '../config/index.ts'
import { createLog } from '../log/index.ts'
import type { Log } from '../log/index.ts'
import { StoreError } from '../stores/index.ts'
import type { ProviderDefinition } from '../providers/index.ts'
import { openTracing } from '../tracing/index.ts'
import type { Tracing } from '../tracing/index.ts'
import type { RuntimeConfig, RuntimeOverrides } from './create-runtime.ts'
import { handleShutdown } from './shutdown.ts'
import type { Shutdown } from './shutdown.ts'

export type ProcessOverrides = Pick<RuntimeOverrides, 'log' | 'now' | 'definitions'>

export interface ProcessOptions {
  /** The name in every line of the log. */
  name: string
  env: Record<string, string | undefined>
  /** How long running requests to providers may take once the process is asked to stop. */
  drainTimeoutMs: number
  overrides: ProcessOverrides
}

export interface ProcessContext {
  config: RuntimeConfig
  /** The providers of the registry or the overrides, and those of OAUTH2_PROVIDERS. */
  definitions: readonly ProviderDefinition[]
  log: Log
  /** Undefined without OTEL_EXPORTER_OTLP_ENDPOINT. */
  tracing: Tracing | undefined
  shutdown: Shutdown
}

/** Reads the configuration and calls `start`, whose result is sent to the parent process. A failed start exits with 1. */
export async function runProcess (
  { name, env, drainTimeoutMs, overrides }: ProcessOptions, start: (context: ProcessContext) => Promise<object>
): Promise<void> {
  let shutdown: Shutdown | undefined
  try {
    const { config, definitions } = loadDeployment(env, ['DATABASE_URL', 'CARILLON_KEYS'], overrides.definitions)
    const log = overrides.log ?? createLog({ name, level: config.LOG_LEVEL })
    for (const { warning } of findUnknownVariables(env, definitions)) log.warn(warning)
    shutdown = handleShutdown({ log, drainTimeoutMs })
    const tracing = await openTracing(config.OTEL_EXPORTER_OTLP_ENDPOINT, name)
    shutdown.onClose(() => tracing?.close())
    const ready = await start({ config, definitions, log, tracing, shutdown })
    if (process.connected) process.send?.({ ready: true, ...ready })
  } catch (error) {
    // A shutdown during the start makes it fail.
    if (shutdown?.stopping.aborted === true) return
    console.error(error instanceof ConfigError || error instanceof StoreError ? error.message : error)
    if (shutdown === undefined) process.exit(1)
    await shutdown.exit(1)
  }
}

import { join, relative } from 'node:path'
import { isLoopback } from '@carillon/http'
import { findUnknownVariables, loadDeployment, publicUrl, urlOf } from '@carillon/shared/config'
import type { Config, Deployment } from '@carillon/shared/config'
import { migrateDatabase } from '@carillon/shared/db'
import { migrateQueue } from '@carillon/shared/queue'
import type { CommandContext } from '../command-context.ts'
import { openDataDir } from './data-dir.ts'
import type { DataDir } from './data-dir.ts'
import { greeting } from './greeting.ts'
import { readableLine } from './log-lines.ts'
import { appCommand } from './part-commands.ts'
import { openParts } from './parts.ts'
import type { Parts } from './parts.ts'
import { choosePort, chooseSandboxPorts, listSimulatorUrls } from './ports.ts'
import { createPostgresPart } from './postgres-part.ts'
import { apiAndWorkerEnvironment, sandboxEnvironment } from './part-environments.ts'
import { createProcessPart } from './process-part.ts'
import { sandboxProviders } from './sandbox-providers.ts'
import { openOperatorKey, openSecrets } from './secrets.ts'

export interface UpOptions extends Pick<CommandContext, 'env' | 'envFile' | 'print' | 'colors' | 'named' | 'announce'> {
  sandbox: boolean
  verbose: boolean
  /** Stops all parts, the last one first. */
  stop: AbortSignal
  /** Kills all parts. */
  force: AbortSignal
  /** How to run the apps. Tests replace the apps by smaller programs. */
  commands?: typeof appCommand
}

const upFile = 'up.json'

/** Starts everything and resolves after `stop` has stopped it. Rejects if a part cannot start, with nothing left running. */
export async function runUp (options: UpOptions): Promise<void> {
  const { env, envFile, print, colors, named, announce, stop, force } = options
  const { config, definitions } = loadDeployment(env)
  if (envFile !== undefined) print(`Read ${envFile.path}: ${envFile.names.join(', ') || 'the environment has all of its variables'}`)
  for (const { warning } of findUnknownVariables(env, definitions)) print(`warning: ${warning}`)
  const dataDir = await openDataDir(config.CARILLON_DATA_DIR)
  const parts = openParts({ print, colors, stop, force })
  try {
    await dataDir.remove(upFile)
    const up = await startParts(options, { config, definitions }, dataDir, parts)
    await dataDir.writeSecret(upFile, JSON.stringify({
      apiUrl: up.apiUrl, sandboxUrl: up.sandboxUrl, ...up.simulatorUrls, operatorKey: up.operatorKey, pid: process.pid
    }))
    greeting({ ...up, upFile: relative('', join(dataDir.path, upFile)) }).forEach((line) => print(named(line)))
    announce({ ready: true, url: up.apiUrl })
    await aborted(stop)
  } catch (error) {
    if (!stop.aborted) throw error
  } finally {
    await dataDir.remove(upFile)
    await parts.stop()
    await dataDir.release()
  }
}

async function startParts (options: UpOptions, { config, definitions }: Deployment, dataDir: DataDir, parts: Parts) {
  const { env, sandbox, verbose, print, colors, commands = appCommand } = options
  const port = await choosePort('PORT', config.PORT, config.HOST)
  const sandboxPorts = sandbox ? await chooseSandboxPorts(config) : undefined
  const secrets = await openSecrets(dataDir)
  const databaseUrl = config.DATABASE_URL ?? await startPostgres(options, dataDir, parts)
  await parts.run('migrations', () => migrate(databaseUrl, config))
  const operatorKey = await openOperatorKey(dataDir, secrets, databaseUrl)
  const apiUrl = publicUrl(config, port)
  const startApp = (name: Parameters<typeof commands>[0], environment: Record<string, string>) => {
    const command = commands(name, environment)
    return parts.start(createProcessPart(command, (line) => {
      const readable = readableLine(line, { verbose, colors })
      if (readable !== undefined) print(readable)
    }))
  }
  const sandboxUrl = sandboxPorts === undefined
    ? null
    : await startApp('sandbox', {
      ...sandboxEnvironment(env),
      ...sandboxPorts,
      SANDBOX_APP_URL: urlOf(config.HOST, port),
      SANDBOX_STATE_DIR: join(dataDir.path, 'sandbox')
    })
  const providers = sandboxUrl === null ? {} : await sandboxProviders(env, sandboxUrl)
  const shared = {
    ...apiAndWorkerEnvironment(env, definitions),
    ...providers,
    ...Object.fromEntries(Object.entries(secrets.providerKeys).filter(([name]) => !env[name])),
    DATABASE_URL: databaseUrl,
    CARILLON_KEYS: env['CARILLON_KEYS'] || secrets.keys,
    PUBLIC_URL: apiUrl,
    // A site under development has another port on this machine.
    ALLOW_LOOPBACK_ORIGINS: env['ALLOW_LOOPBACK_ORIGINS'] || (isLoopback(new URL(apiUrl).hostname) ? '1' : '0')
  }
  await startApp('api', { ...shared, PORT: String(port) })
  await startApp('worker', shared)
  return {
    apiUrl,
    sandboxUrl,
    simulatorUrls: listSimulatorUrls(sandboxPorts),
    operatorKey,
    database: config.DATABASE_URL ? 'at DATABASE_URL' : `embedded PostgreSQL, in ${relative('', join(dataDir.path, 'postgres'))}`,
    jobs: config.REDIS_URL ? 'in Redis, at REDIS_URL' : 'in PostgreSQL'
  }
}

function startPostgres ({ verbose, print }: UpOptions, dataDir: DataDir, parts: Parts): Promise<string> {
  return parts.start(createPostgresPart({
    dataDir: join(dataDir.path, 'postgres'),
    onLog (text) {
      // PostgreSQL logs an ERROR for a single statement. The app that ran it reports it itself.
      if (verbose || /\b(FATAL|PANIC):/.test(text)) print(`postgres ${text}`)
    }
  }))
}

async function migrate (url: string, config: Config): Promise<void> {
  try {
    await migrateDatabase({ url })
    if (!config.REDIS_URL) await migrateQueue({ url })
  } catch (error) {
    if (!config.DATABASE_URL || !(error instanceof Error) || !('code' in error)) throw error
    throw new Error(`DATABASE_URL: ${error.message || error.code}`)
  }
}

function aborted (signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve())
  })
}

import { createProviders } from '@carillon/shared/providers'
import type { Provider } from '@carillon/shared/providers'
import { openDatabase } from '@carillon/shared/db'
import { openQueueBackend } from '@carillon/shared/queue'
import type { QueueBackend } from '@carillon/shared/queue'
import type { Config } from '@carillon/shared/config'
import type { CommandContext } from '../command-context.ts'
import { describeError } from '../describe-error.ts'
import { checkApiKeys } from './check-api-keys.ts'
import { checkConfiguration } from './check-configuration.ts'
import { checkPostgres } from './check-database.ts'
import { checkKeys } from './check-keys.ts'
import { checkProvider } from './check-provider.ts'
import { checkPublicUrl } from './check-public-url.ts'
import { checkQueue } from './check-queue.ts'
import { checkWorkers } from './check-workers.ts'
import { checkServer } from './check-server.ts'
import { fault, ok } from './finding.ts'
import type { Finding } from './finding.ts'
import { findUpEnvironment } from './up-environment.ts'

/** Checks the environment of a deployment, and everything that it names. Reports each finding as soon as it is known. */
export async function runDoctor (env: CommandContext['env'], report: (finding: Finding) => void): Promise<void> {
  const own = checkConfiguration(env)
  const up = own.deployment === undefined ? undefined : await findUpEnvironment(env, own.deployment.config)
  const { findings, deployment } = up === undefined ? own : checkConfiguration(up.env)
  findings.forEach(report)
  if (up !== undefined) report(up.finding)
  if (deployment === undefined) return
  const { config, definitions } = deployment
  const providers = createProviders(config, definitions)
  const origins = [...providers.values()].flatMap((provider) => provider.origins)
  report(checkPublicUrl(config.PUBLIC_URL, origins.filter((origin) => /^https?:/.test(origin))))
  for (const finding of await checkStores(config)) report(finding)
  for (const finding of await checkProviders([...providers.values()])) report(finding)
  await Promise.all([...providers.values()].map((provider) => provider.close?.()))
}

async function checkStores (config: Config): Promise<Finding[]> {
  const { DATABASE_URL: url, CARILLON_KEYS: keys } = config
  const missing = [
    ...url === undefined ? [fault('DATABASE_URL', 'It is not set.', 'Set it to the URL of the PostgreSQL of the API and the worker.')] : [],
    ...keys === undefined ? [fault('CARILLON_KEYS', 'It is not set.', 'Set it to the keys of the API and the worker.')] : []
  ]
  if (url === undefined) return missing
  const database = openDatabase({ url, max: 2 })
  try {
    const { findings, isUsable } = await checkPostgres(database)
    return [
      ...missing,
      ...findings,
      ...isUsable && keys !== undefined ? [await checkKeys(database, keys)] : [],
      // The queue in PostgreSQL needs a database that works.
      ...isUsable || config.REDIS_URL !== undefined ? await checkJobs(config, url) : [],
      ...isUsable ? [...await checkApiKeys(database), await checkWorkers(database)] : []
    ]
  } finally {
    await database.close()
  }
}

async function checkJobs (config: Config, databaseUrl: string): Promise<Finding[]> {
  let backend: QueueBackend
  try {
    // Errors of the connection are also those of the check.
    backend = openQueueBackend({ databaseUrl, redisUrl: config.REDIS_URL, prefix: config.QUEUE_PREFIX, onError: () => {} })
  } catch (error) {
    return [fault('queue', describeError(error).join(' '), 'Correct what the message names.')]
  }
  try {
    return await checkQueue(backend)
  } finally {
    await backend.close()
  }
}

async function checkProviders (providers: Provider[]): Promise<Finding[]> {
  if (providers.length === 0) {
    return [fault('providers', 'No provider is offered, so users cannot connect.', 'Set the variables of a provider: docs/providers.md lists them.')]
  }
  const found = await Promise.all(providers.map(async (provider) =>
    (await Promise.all([checkProvider(provider), checkServer(provider)])).flat()))
  const local = providers.filter((_, index) => found[index]?.length === 0).map(({ id }) => id)
  return [...found.flat(), ...local.length === 0 ? [] : [ok('providers', `${local.join(', ')}: offered, with no server of their own to reach.`)]]
}

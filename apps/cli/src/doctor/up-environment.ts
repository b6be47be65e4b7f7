import { join } from 'node:path'
import type { Config } from '@carillon/shared/config'
import type { CommandContext } from '../command-context.ts'
import { readUpFile } from '../up-file.ts'
import { sandboxProviders } from '../up/sandbox-providers.ts'
import { readSecrets } from '../up/secrets.ts'
import { fault, ok } from './finding.ts'
import type { Finding } from './finding.ts'

type Environment = CommandContext['env']

/** The environment of the API and the worker under a running `carillon up`. Undefined if none runs in CARILLON_DATA_DIR. */
export async function findUpEnvironment (
  env: Environment, config: Config
): Promise<{ env: Environment, finding: Finding } | undefined> {
  const { CARILLON_DATA_DIR: dataDir } = config
  const { apiUrl, sandboxUrl = null, pid } = await readUpFile(dataDir)
  // A production image has no embedded PostgreSQL, and no `carillon up`.
  const local = await import('@carillon/local').catch(() => undefined)
  if (apiUrl === undefined || pid === undefined || local?.isRunning(pid) !== true) return undefined
  const secrets = await readSecrets(dataDir)
  const simulators = sandboxUrl === null ? {} : await sandboxProviders(env, sandboxUrl).catch(() => undefined)
  return {
    env: {
      ...secrets?.providerKeys,
      CARILLON_KEYS: secrets?.keys,
      DATABASE_URL: (await local.findEmbeddedPostgres(join(dataDir, 'postgres')))?.url,
      PUBLIC_URL: apiUrl,
      ...simulators,
      // As in `carillon up`, the environment comes first.
      ...Object.fromEntries(Object.entries(env).filter(([, value]) => value))
    },
    finding: simulators === undefined
      ? fault('sandbox', `The simulators of \`carillon up\` do not respond at ${sandboxUrl}.`, 'Look for errors of the sandbox in the output of `carillon up`.')
      : ok('carillon up', `\`carillon up\` runs in ${dataDir}, and its database, keys and simulators are checked.`)
  }
}

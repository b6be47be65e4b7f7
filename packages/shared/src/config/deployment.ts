import { definitions as registry, readServiceFiles } from '../providers/index.ts'
import type { ProviderDefinition, ServiceFiles } from '../providers/index.ts'
import { ConfigError, loadConfig } from './config.ts'
import type { Config } from './config.ts'
import { files } from './readers.ts'
import { variablesOf } from './variables.ts'
import type { VariableName } from './variables.ts'

type Environment = Record<string, string | undefined>

/** The configuration of a process, and the providers that it knows. */
export interface Deployment<Required extends VariableName = never> {
  config: Config<Required>
  definitions: readonly ProviderDefinition[]
}

/**
 * Parses the environment and the files that it names. `registered` contains the providers beside those of OAUTH2_PROVIDERS.
 * Throws ConfigError with the errors of the variables and of all files.
 */
export function loadDeployment<Required extends VariableName = never> (
  env: Environment, required: readonly Required[] = [], registered: readonly ProviderDefinition[] = registry
): Deployment<Required> {
  const { definitions, errors } = readDefinitions(env, registered)
  try {
    const config = loadConfig(env, required, definitions)
    if (errors.length > 0) throw new ConfigError([])
    return { config, definitions }
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError([...error.errors, ...errors]) : error
  }
}

/** The providers of `registered`, and those whose files have no error. */
export function readDefinitions (env: Environment, registered: readonly ProviderDefinition[] = registry): ServiceFiles {
  const { definitions, errors } = readServiceFiles(files.read(env['OAUTH2_PROVIDERS'] ?? ''), env, {
    taken: registered.map(({ id }) => id), reserved: Object.keys(variablesOf(registered))
  })
  return { definitions: [...registered, ...definitions], errors }
}

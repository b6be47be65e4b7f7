import { ConfigError, findUnknownVariables, loadDeployment, readDefinitions } from '@carillon/shared/config'
import type { Deployment } from '@carillon/shared/config'
import type { CommandContext } from '../command-context.ts'
import { fault, ok, warning } from './finding.ts'
import type { Finding } from './finding.ts'

export interface ConfigurationCheck {
  findings: Finding[]
  /** Undefined when a variable has an error: then no other check is possible. */
  deployment: Deployment | undefined
}

/** All errors of the variables and of the files that they name, and variables that are probably misspelled. */
export function checkConfiguration (env: CommandContext['env']): ConfigurationCheck {
  const unknown = findUnknownVariables(env, readDefinitions(env).definitions).map(({ name, warning: text }) =>
    warning(name, `${text.replace(`${name} is`, 'This is').replace(/; did you mean .*/, '')}.`, rename(text)))
  try {
    const deployment = loadDeployment(env)
    return { findings: [ok('configuration', 'All variables are valid.'), ...unknown], deployment }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const faults = error.errors.map((text) => fault('configuration', `${text}.`, 'Correct it, and run the command again for the other checks.'))
    return { findings: [...faults, ...unknown], deployment: undefined }
  }
}

/** The warning may end with the name of a similar variable. */
function rename (text: string): string {
  const meant = /did you mean (\S+)\?$/.exec(text)?.[1]
  return meant === undefined ? 'Remove it, or correct its name.' : `Rename it to ${meant}, or remove it.`
}

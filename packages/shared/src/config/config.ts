import type { Reader, ValuesOf } from '../env/index.ts'
import { definitions as registered } from '../providers/index.ts'
import type { ProviderDefinition } from '../providers/index.ts'
import { ownVariables, variablesOf } from './variables.ts'
import type { VariableName } from './variables.ts'

type Values = ValuesOf<typeof ownVariables>

/** The values of all variables, including those for `createProviders`. The variables in `Required` are never undefined. */
export type Config<Required extends VariableName = never> =
  Values & { [Name in Required]: NonNullable<Values[Name]> } & Readonly<Record<string, unknown>>

/** All errors of the environment, one line each: the variable, its value and the accepted values, without secrets. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly errors: string[]

  constructor (errors: string[]) {
    super(errors.join('\n'))
    this.errors = errors
  }
}

/**
 * Parses the environment. An empty variable counts as absent. `required` lists the variables that this program needs. The
 * providers' variables come from `definitions`. Throws ConfigError.
 */
export function loadConfig<Required extends VariableName = never> (
  env: Record<string, string | undefined>,
  required: readonly Required[] = [],
  definitions: readonly ProviderDefinition[] = registered
): Config<Required> {
  const errors: string[] = []
  const values = Object.fromEntries(Object.entries(variablesOf(definitions)).map(([name, variable]) => {
    const { initial } = variable
    const given = env[name] === '' ? undefined : env[name]
    const source = given ?? initial
    if (source === undefined) {
      if (required.some((other) => other === name)) errors.push(`${name} is missing; it takes ${variable.accepts}`)
      return [name, undefined]
    }
    return [name, readVariable(name, variable, source, errors)]
  }))
  for (const { required: [first = '', ...others] } of definitions) {
    const missing = values[first] === undefined ? [] : others.filter((name) => values[name] === undefined)
    errors.push(...missing.map((name) => `${name} is missing; ${first} has no effect without it`))
  }
  if (errors.length > 0) throw new ConfigError(errors)
  return values as Config<Required> // each reader returned its value, and no required value is missing
}

function readVariable (name: string, reader: Reader<unknown>, source: string, errors: string[]): unknown {
  try {
    return reader.read(source)
  } catch (error) {
    const why = error instanceof Error && error.message !== '' ? error.message : `is ${reader.secret === true ? 'not right' : JSON.stringify(source)}`
    errors.push(`${name} ${why}; it takes ${reader.accepts}`)
  }
}

import type { Reader } from './readers.ts'
import { variables } from './variables.ts'
import type { VariableName } from './variables.ts'

type ValueOf<Name extends VariableName> = ReturnType<typeof variables[Name]['read']>

type Values = {
  [Name in VariableName]: typeof variables[Name] extends { initial: string } ? ValueOf<Name> : ValueOf<Name> | undefined
}

/** All variables; `Required` are the ones that are certain to be there. */
export type Config<Required extends VariableName = never> = Values & { [Name in Required]: ValueOf<Name> }

/** Every fault of the environment at once, one line each: what the variable got and what it accepts, no secret shown. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: string[]

  constructor (faults: string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

/**
 * Reads the environment, which is passed in; an empty variable counts as absent. `required` names the ones that this
 * program cannot do without. Throws ConfigError.
 */
export function loadConfig<Required extends VariableName = never> (
  env: Record<string, string | undefined>, required: readonly Required[] = []
): Config<Required> {
  const faults: string[] = []
  const values = Object.fromEntries(Object.entries(variables).map(([name, variable]) => {
    const { initial } = variable as { initial?: string }
    const given = env[name] === '' ? undefined : env[name]
    const source = given ?? initial
    if (source === undefined) {
      if (required.some((other) => other === name)) faults.push(`${name} is missing; it takes ${variable.accepts}`)
      return [name, undefined]
    }
    return [name, readVariable(name, variable, source, faults)]
  }))
  for (const provider of ['PUSHBULLET', 'BLOTRE', 'FACEBOOK']) {
    const [id, secret] = [`${provider}_CLIENT_ID`, `${provider}_CLIENT_SECRET`]
    if (values[id] !== undefined && values[secret] === undefined) faults.push(`${secret} is missing; ${id} is of no use without it`)
  }
  if (faults.length > 0) throw new ConfigError(faults)
  return values as Config<Required> // each value came from its own reader, and the required ones are there
}

function readVariable (name: string, reader: Reader<unknown>, source: string, faults: string[]): unknown {
  try {
    return reader.read(source)
  } catch (error) {
    const why = error instanceof Error && error.message !== '' ? error.message : `is ${reader.secret === true ? 'not right' : JSON.stringify(source)}`
    faults.push(`${name} ${why}; it takes ${reader.accepts}`)
  }
}

import { definitions } from '../providers/index.ts'
import type { ProviderDefinition } from '../providers/index.ts'
import { formatVaultKeys } from '../vault/index.ts'
import { keys } from './readers.ts'
import { userTokenKeys } from './derived.ts'
import { variablesOf } from './variables.ts'

/** Makes one key, for each variable that lists keys of this deployment. */
export function keyGenerators (known: readonly ProviderDefinition[] = definitions): Record<string, () => string> {
  return Object.fromEntries(Object.entries(variablesOf(known)).flatMap(([name, { generate }]) =>
    generate === undefined ? [] : [[name, generate]]))
}

/**
 * The keys that a variable has in this environment, as text. Those of USER_TOKEN_KEYS come from CARILLON_KEYS while it is absent,
 * so that tokens which they signed stay valid.
 */
export function listKeys (variable: string, env: Record<string, string | undefined>): string[] {
  const { CARILLON_KEYS = '' } = env
  const derives = variable === 'USER_TOKEN_KEYS' && !env[variable] && CARILLON_KEYS !== ''
  const text = derives
    ? formatVaultKeys(userTokenKeys({ USER_TOKEN_KEYS: undefined, CARILLON_KEYS: keys.read(CARILLON_KEYS) }))
    : env[variable] ?? ''
  return text.split(',').map((key) => key.trim()).filter((key) => key !== '')
}

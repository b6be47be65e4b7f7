import type { CommandContext } from '../command-context.ts'
import { readProfiles } from './profiles-file.ts'
import type { Profile } from './profiles-file.ts'

/**
 * The profile that CARILLON_PROFILE names, or else the one in use. Undefined if there is none, or if the variable is empty.
 * Throws an error for a name that no profile has.
 */
export async function findProfile (env: CommandContext['env'], warn: (line: string) => void): Promise<Profile | undefined> {
  const named = env['CARILLON_PROFILE']
  if (named === '') return undefined
  const { path, profile: used, profiles, warning } = await readProfiles(env)
  const name = named ?? used
  if (name === undefined) return undefined
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (found === undefined) throw new Error(`there is no profile ${JSON.stringify(name)} in ${path}; \`carillon profiles list\` shows them`)
  if (warning !== undefined) warn(warning)
  return found
}

import type { CommandContext } from '../command-context.ts'

/** The environment without the variables of other deployments: these must not get the simulated account of the demo. */
export function environmentOfUp (env: CommandContext['env']): CommandContext['env'] {
  return { ...env, CARILLON_PROFILE: '', CARILLON_API_URL: undefined, CARILLON_API_KEY: undefined }
}

import type { Simulator } from './simulator.ts'

/** The variables for each simulator of the sandbox at `url`. `ownUrlOf` is the URL of a simulator with its own host. */
export function listEnvironments (
  simulators: readonly Simulator[], url: string, ownUrlOf: (id: string) => string
): Array<{ provider: string, environment: Record<string, string> }> {
  return simulators.map(({ id, hasOwnHost, environment }) => ({
    provider: id, environment: environment(hasOwnHost === true ? ownUrlOf(id) : `${url}/${id}`)
  }))
}

import type { Simulator } from './simulator.ts'

/** What points Carillon at each simulator of the sandbox at `url`. `ownUrlOf` is where a simulator is that has its own host. */
export function listEnvironments (
  simulators: readonly Simulator[], url: string, ownUrlOf: (id: string) => string
): Array<{ provider: string, environment: Record<string, string> }> {
  return simulators.map(({ id, hasOwnHost, environment }) => ({
    provider: id, environment: environment(hasOwnHost === true ? ownUrlOf(id) : `${url}/${id}`)
  }))
}

import { definitions } from '@carillon/shared/providers'

/** Variables that point Carillon at the simulators, for each provider that has no client in the environment. */
export async function sandboxProviders (
  env: Record<string, string | undefined>, sandboxUrl: string
): Promise<Record<string, string>> {
  const response = await fetch(`${sandboxUrl}/_control/environment`)
  const { data } = await response.json() as { data: Array<{ provider: string, environment: Record<string, string> }> }
  const standIns = data.filter(({ provider, environment }) => {
    const registered = definitions.find(({ id }) => id === provider)
    if (registered !== undefined) return !env[registered.required[0] ?? '']
    // A service that a file describes. The environment may name other files.
    return Object.keys(environment).every((name) => !env[name])
  })
  return Object.assign({}, ...standIns.map(({ environment }) => environment))
}

import { definitions } from '@carillon/shared/providers'

/** Variables that point Carillon at the simulators, for each provider that has no client in the environment. */
export async function sandboxProviders (
  env: Record<string, string | undefined>, sandboxUrl: string
): Promise<Record<string, string>> {
  const response = await fetch(`${sandboxUrl}/_control/environment`)
  const { data } = await response.json() as { data: Array<{ provider: string, environment: Record<string, string> }> }
  const missing = definitions.filter(({ required: [first = ''] }) => !env[first]).map(({ id }) => id)
  return Object.assign({}, ...data.filter(({ provider }) => missing.includes(provider)).map(({ environment }) => environment))
}

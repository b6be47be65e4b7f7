import { definitions } from '@carillon/shared/providers'

/** The sandbox's simulators stand in for every provider that the environment has no client for. */
export async function sandboxProviders (
  env: Record<string, string | undefined>, sandboxUrl: string
): Promise<Record<string, string>> {
  const response = await fetch(`${sandboxUrl}/_control/environment`)
  const { data } = await response.json() as { data: Array<{ provider: string, environment: Record<string, string> }> }
  const missing = definitions.filter(({ required: [first = ''] }) => !env[first]).map(({ id }) => id)
  return Object.assign({}, ...data.filter(({ provider }) => missing.includes(provider)).map(({ environment }) => environment))
}

/** Where the simulated services have to tell us things, as the settings of our app at the real ones would say. */
export function sandboxNotices (apiUrl: string): Record<string, string> {
  return {
    SANDBOX_FACEBOOK_DEAUTHORIZE_URL: `${apiUrl}/connect/facebook/deauthorize`,
    SANDBOX_FACEBOOK_DELETION_URL: `${apiUrl}/connect/facebook/delete`
  }
}

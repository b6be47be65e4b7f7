/** The variables that point Carillon to the simulators of the sandbox at `url`, for all providers or the given ones. */
export async function sandboxEnvironment (url: string, ...providers: string[]): Promise<Record<string, string>> {
  const response = await fetch(`${url}/_control/environment`)
  const { data } = await response.json() as { data: Array<{ provider: string, environment: Record<string, string> }> }
  const wanted = data.filter(({ provider }) => providers.length === 0 || providers.includes(provider))
  return Object.assign({}, ...wanted.map(({ environment }) => environment))
}

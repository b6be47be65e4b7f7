/** The sandbox stands in for every provider that the environment has no client for. */
export function sandboxProviders (
  env: Record<string, string | undefined>, { sandboxUrl, pumpioUrl }: { sandboxUrl: string, pumpioUrl: string }
): Record<string, string> {
  const client = (provider: string) => ({ [`${provider}_CLIENT_ID`]: 'carillon', [`${provider}_CLIENT_SECRET`]: 'sandbox-secret' })
  return {
    ...env['PUSHBULLET_CLIENT_ID']
      ? {}
      : {
          ...client('PUSHBULLET'),
          PUSHBULLET_AUTHORIZE_URL: `${sandboxUrl}/pushbullet/authorize`,
          PUSHBULLET_API_URL: `${sandboxUrl}/pushbullet`
        },
    ...env['PUMPIO_CLIENT_NAME'] ? {} : { PUMPIO_CLIENT_NAME: 'Carillon', PUMPIO_HTTP_HOSTS: new URL(pumpioUrl).host },
    ...env['BLOTRE_CLIENT_ID'] ? {} : { ...client('BLOTRE'), BLOTRE_URL: `${sandboxUrl}/blotre` }
  }
}

/** The sandbox stands in for every provider that the environment has no client for. */
export function sandboxProviders (
  env: Record<string, string | undefined>, { sandboxUrl, pumpioUrl }: { sandboxUrl: string, pumpioUrl: string }
): Record<string, string> {
  const client = (provider: string, id = 'carillon') => ({ [`${provider}_CLIENT_ID`]: id, [`${provider}_CLIENT_SECRET`]: 'sandbox-secret' })
  return {
    ...env['PUSHBULLET_CLIENT_ID']
      ? {}
      : {
          ...client('PUSHBULLET'),
          PUSHBULLET_AUTHORIZE_URL: `${sandboxUrl}/pushbullet/authorize`,
          PUSHBULLET_API_URL: `${sandboxUrl}/pushbullet`
        },
    ...env['PUMPIO_CLIENT_NAME'] ? {} : { PUMPIO_CLIENT_NAME: 'Carillon', PUMPIO_HTTP_HOSTS: new URL(pumpioUrl).host },
    ...env['BLOTRE_CLIENT_ID'] ? {} : { ...client('BLOTRE'), BLOTRE_URL: `${sandboxUrl}/blotre` },
    ...env['FACEBOOK_CLIENT_ID']
      ? {}
      : {
          ...client('FACEBOOK', '1234567890123456'),
          FACEBOOK_WWW_URL: `${sandboxUrl}/facebook/www`,
          FACEBOOK_GRAPH_URL: `${sandboxUrl}/facebook/graph`
        }
  }
}

/** Where the simulated services have to tell us things, as the settings of our app at the real ones would say. */
export function sandboxNotices (apiUrl: string): Record<string, string> {
  return {
    SANDBOX_FACEBOOK_DEAUTHORIZE_URL: `${apiUrl}/connect/facebook/deauthorize`,
    SANDBOX_FACEBOOK_DELETION_URL: `${apiUrl}/connect/facebook/delete`
  }
}

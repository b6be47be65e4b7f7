export const PROVIDER = 'slack'

/** The app that is registered here, as on `https://api.slack.com/apps`. */
export const CLIENT = {
  id: 'carillon',
  appId: 'A0CARILLON',
  secret: 'sandbox-secret',
  signingSecret: 'sandbox-signing-secret',
  name: 'Carillon',
  redirectPath: '/connect/slack/callback',
  scopes: ['chat:write', 'im:write']
}

/** Where a person ends who grants access without Carillon. */
export const LANDING_PATH = '/slack/granted'

/** The variables that point Carillon at this simulator. */
export function environment (url: string): Record<string, string> {
  return {
    SLACK_CLIENT_ID: CLIENT.id,
    SLACK_CLIENT_SECRET: CLIENT.secret,
    SLACK_SIGNING_SECRET: CLIENT.signingSecret,
    SLACK_SCOPE: CLIENT.scopes.join(','),
    SLACK_URL: url,
    SLACK_HOOKS_URL: url
  }
}

export function consentPath (sandboxUrl: string): string {
  const query = new URLSearchParams({ client_id: CLIENT.id, redirect_uri: sandboxUrl + LANDING_PATH, scope: CLIENT.scopes.join(',') })
  return `/slack/oauth/v2/authorize?${query}`
}

import { isExactLoopbackUrl } from '../../kit/oauth/registered-client.ts'

export const PROVIDER = 'facebook'

/** The app that is registered here, as on Facebook's app dashboard. */
export const CLIENT = {
  id: '1234567890123456',
  secret: 'sandbox-secret',
  name: 'Carillon',
  redirectPath: '/connect/facebook/callback'
}

/** Facebook's own page for apps without a redirect address. */
export const LANDING_PATH = '/facebook/www/connect/login_success.html'

/** The variables that point Carillon at this simulator. */
export function environment (url: string): Record<string, string> {
  return {
    FACEBOOK_CLIENT_ID: CLIENT.id,
    FACEBOOK_CLIENT_SECRET: CLIENT.secret,
    FACEBOOK_WWW_URL: `${url}/www`,
    FACEBOOK_GRAPH_URL: `${url}/graph`
  }
}

export function consentPath (sandboxUrl: string): string {
  const query = new URLSearchParams({ client_id: CLIENT.id, redirect_uri: sandboxUrl + LANDING_PATH, scope: 'ads_read' })
  return `/facebook/www/dialog/oauth?${query}`
}

/** Facebook compares `redirect_uri` with the registered ones to the letter ("strict mode"). */
export function isRegisteredRedirect (redirectUri: string): boolean {
  return isExactLoopbackUrl(redirectUri, [CLIENT.redirectPath, LANDING_PATH])
}

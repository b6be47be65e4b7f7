import { parseLoopbackUrl } from '../../kit/oauth/loopback.ts'

export const PROVIDER = 'facebook'

/** The one app that is registered here, as the app dashboard would have it. */
export const CLIENT = {
  id: '1234567890123456',
  secret: 'sandbox-secret',
  name: 'Carillon',
  redirectPath: '/connect/facebook/callback'
}

/** Facebook's own page for apps that have none to come back to. */
export const LANDING_PATH = '/facebook/www/connect/login_success.html'

export function consentPath (sandboxUrl: string): string {
  const query = new URLSearchParams({ client_id: CLIENT.id, redirect_uri: sandboxUrl + LANDING_PATH, scope: 'ads_read' })
  return `/facebook/www/dialog/oauth?${query}`
}

/**
 * Facebook compares `redirect_uri` with the registered ones to the letter ("strict mode"). Host and port are free within
 * the machine, since tests listen wherever there is room.
 */
export function isRegisteredRedirect (redirectUri: string): boolean {
  const url = parseLoopbackUrl(redirectUri, [CLIENT.redirectPath, LANDING_PATH])
  return url !== undefined && redirectUri === url.origin + url.pathname
}

import { parseLoopbackUrl } from '../../kit/oauth/registered-client.ts'

export const PROVIDER = 'pushbullet'

/** The application that is registered here, as on `https://www.pushbullet.com/create-client`. */
export const CLIENT = {
  iden: 'ujcarilloncl',
  id: 'carillon',
  secret: 'sandbox-secret',
  name: 'Carillon',
  redirectPath: '/connect/pushbullet/callback'
}

/** The counterpart of `https://www.pushbullet.com/login-success`, where a token flow of every client may end. */
const LANDING_PATH = '/pushbullet/login-success'

/** The variables that point Carillon at this simulator. */
export function environment (url: string): Record<string, string> {
  return {
    PUSHBULLET_CLIENT_ID: CLIENT.id,
    PUSHBULLET_CLIENT_SECRET: CLIENT.secret,
    PUSHBULLET_AUTHORIZE_URL: `${url}/authorize`,
    PUSHBULLET_API_URL: url
  }
}

export function consentPath (sandboxUrl: string): string {
  const query = new URLSearchParams({ client_id: CLIENT.id, redirect_uri: sandboxUrl + LANDING_PATH, response_type: 'token' })
  return `/pushbullet/authorize?${query}`
}

/** Pushbullet compares only the path of `redirect_uri` with the registered one, so its query may vary. */
export function isRegisteredRedirect (redirectUri: string): boolean {
  const url = parseLoopbackUrl(redirectUri, [CLIENT.redirectPath, LANDING_PATH])
  return url !== undefined && url.hash === '' && url.username === '' && url.password === ''
}

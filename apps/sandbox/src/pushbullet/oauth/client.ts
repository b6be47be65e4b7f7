import { parseLoopbackUrl } from '../../kit/oauth/loopback.ts'

export const PROVIDER = 'pushbullet'

/** The one application that is registered here, as `https://www.pushbullet.com/create-client` would have it. */
export const CLIENT = {
  iden: 'ujcarilloncl',
  id: 'carillon',
  secret: 'sandbox-secret',
  name: 'Carillon',
  redirectPath: '/connect/pushbullet/callback'
}

/** Pushbullet's own page to end a token flow on, `https://www.pushbullet.com/login-success`: every client may use it. */
const LANDING_PATH = '/pushbullet/login-success'

export function consentPath (sandboxUrl: string): string {
  const query = new URLSearchParams({ client_id: CLIENT.id, redirect_uri: sandboxUrl + LANDING_PATH, response_type: 'token' })
  return `/pushbullet/authorize?${query}`
}

/**
 * Pushbullet compares the path of `redirect_uri` with the registered one and lets the query vary. Host and port are
 * free within the machine, since tests listen wherever there is room.
 */
export function isRegisteredRedirect (redirectUri: string): boolean {
  const url = parseLoopbackUrl(redirectUri, [CLIENT.redirectPath, LANDING_PATH])
  return url !== undefined && url.hash === '' && url.username === '' && url.password === ''
}

export const PROVIDER = 'pushbullet'

/** The one application that is registered here, as `https://www.pushbullet.com/create-client` would have it. */
export const CLIENT = {
  iden: 'ujcarilloncl',
  id: 'carillon',
  secret: 'sandbox-secret',
  name: 'Carillon',
  redirectPath: '/connect/pushbullet/callback'
}

/**
 * Pushbullet compares the path of `redirect_uri` with the registered one and lets the query vary. Host and port are
 * free within the machine, since tests listen wherever there is room.
 */
export function isRegisteredRedirect (redirectUri: string): boolean {
  const url = URL.canParse(redirectUri) ? new URL(redirectUri) : undefined
  return url !== undefined &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    isLoopback(url.hostname) &&
    url.pathname === CLIENT.redirectPath &&
    url.hash === '' && url.username === '' && url.password === ''
}

function isLoopback (hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}

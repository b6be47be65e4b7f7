import { parseLoopbackUrl } from '../../kit/oauth/loopback.ts'

export const PROVIDER = 'blotre'

/** The one application that is registered here, as Blot're's developer page would have it. Disposable ones come and go. */
export const CLIENT = {
  id: 'carillon',
  secret: 'sandbox-secret',
  name: 'Carillon',
  blurb: 'Rings you when something happens.',
  redirectPath: '/connect/blotre/callback'
}

/** A page of the sandbox's own, for people who grant access by hand: it shows what an application would get. */
const LANDING_PATH = '/blotre/granted'

export function consentPath (sandboxUrl: string): string {
  const query = new URLSearchParams({ response_type: 'code', client_id: CLIENT.id, redirect_uri: sandboxUrl + LANDING_PATH })
  return `/blotre/v0/oauth2/authorize?${query}`
}

/**
 * Blot're takes a `redirect_uri` that equals a registered one to the letter, so there is no room for a query. Host and
 * port are free within the machine, since tests listen wherever there is room.
 */
export function isRegisteredRedirect (redirectUri: string): boolean {
  const url = parseLoopbackUrl(redirectUri, [CLIENT.redirectPath, LANDING_PATH])
  return url !== undefined && redirectUri === url.origin + url.pathname
}

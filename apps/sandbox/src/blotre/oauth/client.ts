import { isExactLoopbackUrl } from '../../kit/oauth/registered-client.ts'

export const PROVIDER = 'blotre'

/** The application that is registered here, as on Blot're's developer page. Disposable clients register themselves. */
export const CLIENT = {
  id: 'carillon',
  secret: 'sandbox-secret',
  name: 'Carillon',
  blurb: 'Rings you when something happens.',
  redirectPath: '/connect/blotre/callback'
}

/** A page for people who grant access without Carillon. It shows what an application receives. */
const LANDING_PATH = '/blotre/granted'

/** The variables that point Carillon at this simulator. */
export function environment (url: string): Record<string, string> {
  return { BLOTRE_CLIENT_ID: CLIENT.id, BLOTRE_CLIENT_SECRET: CLIENT.secret, BLOTRE_URL: url }
}

export function consentPath (sandboxUrl: string): string {
  const query = new URLSearchParams({ response_type: 'code', client_id: CLIENT.id, redirect_uri: sandboxUrl + LANDING_PATH })
  return `/blotre/v0/oauth2/authorize?${query}`
}

/** Blot're compares `redirect_uri` with the registered one to the letter. */
export function isRegisteredRedirect (redirectUri: string): boolean {
  return isExactLoopbackUrl(redirectUri, [CLIENT.redirectPath, LANDING_PATH])
}

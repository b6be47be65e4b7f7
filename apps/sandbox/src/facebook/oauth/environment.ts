import { CLIENT } from './client.ts'

/** What points Carillon at this simulator. */
export function environment (url: string): Record<string, string> {
  return {
    FACEBOOK_CLIENT_ID: CLIENT.id,
    FACEBOOK_CLIENT_SECRET: CLIENT.secret,
    FACEBOOK_WWW_URL: `${url}/www`,
    FACEBOOK_GRAPH_URL: `${url}/graph`
  }
}

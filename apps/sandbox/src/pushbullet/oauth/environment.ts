import { CLIENT } from './client.ts'

/** What points Carillon at this simulator. */
export function environment (url: string): Record<string, string> {
  return {
    PUSHBULLET_CLIENT_ID: CLIENT.id,
    PUSHBULLET_CLIENT_SECRET: CLIENT.secret,
    PUSHBULLET_AUTHORIZE_URL: `${url}/authorize`,
    PUSHBULLET_API_URL: url
  }
}

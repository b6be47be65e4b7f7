import { CLIENT } from './client.ts'

/** What points Carillon at this simulator. */
export function environment (url: string): Record<string, string> {
  return { BLOTRE_CLIENT_ID: CLIENT.id, BLOTRE_CLIENT_SECRET: CLIENT.secret, BLOTRE_URL: url }
}

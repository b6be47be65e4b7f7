import type { Tokens } from '../credentials.ts'

/** A token that is valid for about 60 days. It can be exchanged for a newer one only before it expires. */
export interface FacebookCredentials extends Tokens {
  accessToken: string
}

import type { Credentials } from '../credentials.ts'

/** A token for about sixty days. A younger one can be had for it until it is over, and none after that. */
export interface FacebookCredentials extends Credentials {
  accessToken: string
}

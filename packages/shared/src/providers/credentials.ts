/** The credentials for one account. Plain JSON, which is sealed before it is stored. */
export interface Credentials {
  accessToken: string
  refreshToken?: string
}

/** The account of the credentials, as users identify it. */
export interface Account {
  id: string
  name: string
  /** The host, when users choose it: `pump.example`. Absent for the provider's own host. */
  host?: string
}

/** The result of a finished handshake. `expiresAt` is absent when the provider states no expiry. */
export interface Grant<C extends Credentials = Credentials> {
  credentials: C
  account: Account
  expiresAt?: Date
  /** Permissions that Carillon requested and the user did not grant. */
  missingPermissions?: string[]
}

/** What a provider's client needs to act for one account. Plain JSON, which is sealed before it is stored. */
export interface Credentials {
  accessToken: string
  refreshToken?: string
}

/** The account behind the credentials, as people know it. */
export interface Account {
  id: string
  name: string
  /** Where it is, when users choose that: `pump.example`. Absent: at the provider's own host. */
  host?: string
}

/** The result of a finished handshake. `expiresAt` is absent when the provider states no expiry. */
export interface Grant<C extends Credentials = Credentials> {
  credentials: C
  account: Account
  expiresAt?: Date
  /** Permissions that we requested and the user declined. */
  missingPermissions?: string[]
}

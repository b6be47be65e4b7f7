/**
 * What a provider's client needs to act for one connection: tokens, or a secret address such as a webhook's URL. Plain JSON,
 * which is sealed before it is stored. Each provider extends it with its own members.
 */
export interface Credentials {
  accessToken?: string
  refreshToken?: string
}

/** The tokens of an OAuth 2 server. */
export interface Tokens extends Credentials {
  accessToken: string
}

/** The account of the credentials, as users identify it. */
export interface Account {
  id: string
  name: string
  /**
   * The part of the provider that the account belongs to, with a health and rate limits of its own: a host that users choose, a
   * workspace, or the domain of an e-mail address. Absent for the provider's own host.
   */
  host?: string
  /**
   * The provider's id of the person who granted access, when the account is not that person but for example a channel. Events
   * about the person then concern the account.
   */
  grantedBy?: string
}

/** The result of a finished handshake. `expiresAt` is absent when the provider states no expiry. */
export interface Grant<C extends Credentials = Credentials> {
  credentials: C
  account: Account
  expiresAt?: Date
  /** Permissions that Carillon requested and the user did not grant. */
  missingPermissions?: string[]
  /** Before Carillon requested the credentials, by its clock. Absent for imported ones, whose age is unknown. */
  requestedAt?: Date
  /**
   * Set when several connections share the credentials, such as all users of one workspace: what they share. The members
   * of `target` then belong to this connection alone, and the client receives them together with the credentials.
   */
  shared?: SharedGrant
  /** A secret that the user needs, and that cannot be read again later. */
  newSecret?: NewSecret
}

export interface SharedGrant {
  key: string
  target: object
  /** The stored credentials are newer than these, so they stay. */
  keepsStored?: true
}

/** A secret that the provider's client created for the user, such as the one that signs what an address receives. */
export interface NewSecret {
  /** Such as `Signing secret`. */
  label: string
  value: string
  /** One sentence that says what the user does with it. */
  hint: string
}

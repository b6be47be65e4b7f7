/** Deviations that a test can switch on, and one protection that it can switch off. */
export const defaultQuirks = {
  /** The metadata names another issuer. */
  liesAboutIssuer: false,
  /** The metadata names a token endpoint at another origin. */
  movesTokenEndpoint: false,
  /** A person grants only the first of the requested scopes. */
  grantsLess: false,
  /** The callback has no `iss`, although the metadata promises it. */
  omitsIss: false,
  /** The callback has the `iss` of another server. */
  sendsWrongIss: false,
  /** The id_token has another nonce, as a replayed one has. */
  sendsWrongNonce: false,
  /** The id_token does not repeat the nonce. */
  omitsNonce: false,
  /** The id_token is signed with a key that the JWKS does not have. */
  signsWithUnknownKey: false,
  /** The clock of the server is two hours slow. */
  clockIsSlow: false,
  /** Userinfo names another user than the id_token. */
  confusesUsers: false,
  /** The token response has no `expires_in`. */
  omitsExpiresIn: false,
  /** The token endpoint accepts the client's credentials only in the header. */
  acceptsOnlyBasic: false,
  /** The token endpoint returns the same refresh token again, and so does not repeat it. */
  keepsRefreshToken: false,
  /** A refresh token that was used before ends all tokens that came from the same authorization. */
  detectsReuse: true
}

export type Quirks = typeof defaultQuirks

/** The tokens of the user were revoked since the request was admitted. */
export class TokensRevokedError extends Error {
  override readonly name = 'TokensRevokedError'

  constructor () {
    super('The tokens of the user were revoked')
  }
}

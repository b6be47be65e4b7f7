/** The API key of the request was revoked. */
export class RevokedKeyError extends Error {
  override readonly name = 'RevokedKeyError'

  constructor () {
    super('The API key has been revoked')
  }
}

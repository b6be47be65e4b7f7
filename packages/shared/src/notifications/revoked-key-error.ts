/** The key that a notification was to be made by has been revoked. */
export class RevokedKeyError extends Error {
  override readonly name = 'RevokedKeyError'

  constructor () {
    super('The API key has been revoked')
  }
}

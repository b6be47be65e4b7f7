/** The API key of the request was revoked, or changed since it was checked. */
export class StaleKeyError extends Error {
  override readonly name = 'StaleKeyError'

  constructor () {
    super('The API key was revoked or has changed')
  }
}

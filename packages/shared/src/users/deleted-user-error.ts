/** The site has deleted the user, so nothing more may be stored for it. */
export class DeletedUserError extends Error {
  override readonly name = 'DeletedUserError'

  constructor () {
    super('The user was deleted')
  }
}

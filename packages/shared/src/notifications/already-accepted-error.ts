/** A notification with this id is stored already. */
export class AlreadyAcceptedError extends Error {
  override readonly name = 'AlreadyAcceptedError'

  constructor () {
    super('the notification was accepted before')
  }
}

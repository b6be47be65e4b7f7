/** A user who is not the owner of a team, or not any more, tried to connect for it. */
export class NotOwnerError extends Error {
  override readonly name = 'NotOwnerError'

  constructor () {
    super('The team has another owner')
  }
}

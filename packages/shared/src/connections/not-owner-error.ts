/** Somebody has tried to connect for a team that is not theirs, or is theirs no more. */
export class NotOwnerError extends Error {
  override readonly name = 'NotOwnerError'

  constructor () {
    super('The team has another owner')
  }
}

/** Invalid input of a control call. The response is 400 with this message. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly statusCode = 400
}

export function noSuchAccount (provider: string, account: string): ControlError {
  return new ControlError(`account: ${provider} has no account "${account}"`)
}

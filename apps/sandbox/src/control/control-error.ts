/** Control input that makes no sense; answered as 400 with this message. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly statusCode = 400
}

/**
 * pump.io's own kind of error, answered as JSON below `/api/` and as a page or plain text elsewhere. Any other error
 * is a mishap there as it is here, and ends in the page of the web framework.
 */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number

  constructor (status: number, message: string) {
    super(message)
    this.status = status
  }
}

export function noSuchThing (type: string, id: string): string {
  return `No such '${type}' with id '${id}'`
}

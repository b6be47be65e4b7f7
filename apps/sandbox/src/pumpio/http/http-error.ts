/** pump.io's own error: JSON below `/api/`, a page or text elsewhere. Any other error gets the framework's page. */
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

/** An error that ends the process of a real server. Its clients see a reset connection. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

/** Ends the program with an exit code of its own. Without a message, the command has said everything. */
export class ExitError extends Error {
  override readonly name: string = 'ExitError'
  readonly exitCode: number

  constructor (message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Ends the program with this exit code. The message is empty if the command has already printed the reason. */
export class ExitError extends Error {
  override readonly name: string = 'ExitError'
  readonly exitCode: number

  constructor (message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

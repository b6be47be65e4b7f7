import { ExitError } from '../exit-error.ts'

const exitCodes = { failed: 1, usage: 2, denied: 3, timedOut: 4, interrupted: 130 }

/** Why there is no connection. Programs read `status`. */
export class ConnectFailure extends ExitError {
  override readonly name = 'ConnectFailure'
  readonly status: keyof typeof exitCodes

  constructor (status: keyof typeof exitCodes, message: string) {
    super(message, exitCodes[status])
    this.status = status
  }
}

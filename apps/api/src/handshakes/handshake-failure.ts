import type { Reason } from './reasons.ts'

/** The handshake ends here, and `reason` is what everybody is told. `message` is for the log, and holds no secret. */
export class HandshakeFailure extends Error {
  override readonly name = 'HandshakeFailure'
  readonly reason: Reason

  constructor (reason: Reason, message: string) {
    super(message)
    this.reason = reason
  }
}

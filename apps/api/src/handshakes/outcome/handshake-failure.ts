import type { Reason } from './reasons.ts'

/** Ends a handshake. The user and the site are told `reason`; `message` is for the log and holds no secret. */
export class HandshakeFailure extends Error {
  override readonly name = 'HandshakeFailure'
  readonly reason: Reason

  constructor (reason: Reason, message: string) {
    super(message)
    this.reason = reason
  }
}

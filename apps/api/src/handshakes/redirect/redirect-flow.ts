import type { Handshake } from '@carillon/shared/handshakes'
import type { Grant } from '@carillon/shared/providers'

/** What differs between OAuth 1.0a and OAuth 2. */
export interface RedirectFlow {
  /**
   * The URL that the browser is sent to after the user confirmed. Undefined when the handshake has ended, or was confirmed again.
   * `toAuthorizeUrl` makes the URL for a state (OAuth 2). Throws HandshakeFailure.
   */
  begin: (handshake: Handshake, state: string, toAuthorizeUrl: (state: string) => Promise<string>) => Promise<string | undefined>
  /** Whether the callback names its handshake. If it does not, the user is asked to confirm the account. */
  namesHandshake: boolean
  /** The handshake that a callback is for. `secrets` are those in the cookies of its browser. */
  match: (query: unknown, secrets: string[]) => Promise<CallbackMatch | 'unknownState' | 'noCookie' | 'ambiguousAnswer'>
  /** The grant of a claimed handshake. Throws HandshakeFailure. */
  obtain: (query: unknown, handshake: Handshake) => Promise<Grant>
}

interface CallbackMatch {
  handshake: Handshake
  /** Identifies a callback that carries no state, so that it is used once. */
  token?: string | undefined
}

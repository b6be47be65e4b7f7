import type { HttpResponse, Failure } from '../http/index.ts'
import type { Credentials, Grant } from './credentials.ts'
import type { RequestContext } from './request-context.ts'

/** Facts about the redirect way in, for an OAuth 2 framework to act on. */
export interface CodeHandshake<C extends Credentials = Credentials> {
  clientId: string
  clientSecret: string
  authorizeUrl: string
  tokenUrl: string
  /** Where the token endpoint looks for the client's credentials, and in which format it reads its request. */
  tokenRequest: { credentials: 'body' | 'header', format: 'form' | 'json' }
  scope: string[]
  /** Between two scopes. A space when absent, as RFC 6749 §3.3 has it. */
  scopeSeparator?: string
  /**
   * How the provider's answer finds its handshake again: `state` comes back as RFC 6749 has it, or a parameter inside
   * `redirect_uri` comes back untouched, or nothing does, and the browser's cookie must do.
   */
  correlation: 'state' | 'redirect-query' | 'cookie'
  /** Parameters by which a user is asked once more for what they have declined before. */
  askAgain?: Record<string, string>
  /** Turns what `exchangeCode` read into credentials and asks who they belong to. Throws ProviderError. */
  accept (token: Record<string, unknown>, call: RequestContext): Promise<Grant<C>>
  /** What it means that the token endpoint gave no token, where its errors are not those of RFC 6749 §5.2. */
  classifyRefusal? (answer: HttpResponse, now: number): Failure
}

/** A request for a verifier, under way. */
export interface PendingVerifier {
  authorizeUrl: string
  token: string
  pending: Record<string, unknown>
}

/** A verifier that the user's browser brings back, or that the user reads off a page and gives us (OAuth 1.0a). */
export interface VerifierHandshake<C extends Credentials = Credentials> {
  /** The parameters of the provider's answer to the callback: which handshake it is for, and its verifier. */
  readonly answer: { token: string, verifier: string }
  /**
   * Begins for the account that the user has named. `callback` null asks for a page that shows the verifier. Send the
   * browser to `authorizeUrl`; `token` comes back with the answer; keep `pending` sealed for `complete`.
   */
  begin (account: string, callback: string | null, call: RequestContext): Promise<PendingVerifier>
  /** Throws ProviderError `rejected` for a verifier that is not taken, after which it may be tried again. */
  complete (pending: Record<string, unknown>, verifier: string, call: RequestContext): Promise<Grant<C>>
}

/** A one-time code, waiting to be entered. */
export interface PendingCode {
  code: string
  redeemUrl: string
  expiresAt: Date
  intervalMs: number
  pending: Record<string, unknown>
}

/** A code that we show and the user enters at the provider's page (a disposable client of our own for each connection). */
export interface OneTimeCodeHandshake<C extends Credentials = Credentials> {
  /** Show `code` and `redeemUrl` until `expiresAt`; ask `complete` no more often than every `intervalMs`. */
  begin (call: RequestContext): Promise<PendingCode>
  /** Null while the user has not entered it yet. */
  complete (pending: Record<string, unknown>, call: RequestContext): Promise<Grant<C> | null>
}

export interface Handshakes<C extends Credentials = Credentials> {
  code?: CodeHandshake<C>
  verifier?: VerifierHandshake<C>
  oneTimeCode?: OneTimeCodeHandshake<C>
}

import type { Failure, HttpResponse } from '@carillon/http'
import type { Credentials, Grant } from './credentials.ts'
import type { RequestContext } from './request-context.ts'

/** The settings of an OAuth 2.0 authorization code flow. */
export interface CodeHandshake<C extends Credentials = Credentials> {
  clientId: string
  clientSecret: string
  authorizeUrl: string
  tokenUrl: string
  /** Where the token endpoint expects the client's credentials, and the format of its requests. */
  tokenRequest: { credentials: 'body' | 'header', format: 'form' | 'json' }
  scope: string[]
  /** The separator between two scopes. Defaults to a space, as in RFC 6749 §3.3. */
  scopeSeparator?: string
  /**
   * How a callback identifies its handshake: by `state` as in RFC 6749, by a parameter inside `redirect_uri`, or only by the
   * browser's cookie when the provider returns neither.
   */
  correlation: 'state' | 'redirect-query' | 'cookie'
  /** Parameters that make the provider ask for declined permissions again. */
  consentPromptParameters?: Record<string, string>
  /** Converts the token response to credentials and requests their account. Throws ProviderError. */
  accept (token: Record<string, unknown>, context: RequestContext): Promise<Grant<C>>
  /** Classifies a token response without a token, where its errors differ from RFC 6749 §5.2. */
  classifyRefusal? (response: HttpResponse, now: number): Failure
}

/** An authorization that waits for its callback. */
export interface PendingRedirect {
  /** Contains `state`. */
  authorizeUrl: string
  /** Kept sealed for `complete`, such as a PKCE verifier and a nonce. */
  pending: Record<string, unknown>
}

/** What an authorization URL is made of. */
export interface RedirectInput {
  /** The account that the user entered. Null for a provider without `parseAccount`. */
  account: string | null
  /** Exactly the registered one. */
  redirectUri: string
  /** The callback contains it. */
  state: string
  /** The user denied a permission before, so the provider should ask again. */
  needsConsentPrompt: boolean
}

/**
 * An OAuth 2.0 authorization code flow that the provider's client runs itself: with PKCE, a nonce, the check of `iss`, or the
 * endpoints of a host that the user chose. A plain flow is a `CodeHandshake`.
 */
export interface RedirectHandshake<C extends Credentials = Credentials> {
  begin (input: RedirectInput, context: RequestContext): Promise<PendingRedirect>
  /**
   * Exchanges the code of the callback, whose `state` is already checked. `callback` is its URL with all parameters. Throws
   * ProviderError, with `rejected` when the callback or its code is refused.
   */
  complete (pending: Record<string, unknown>, callback: URL, context: RequestContext): Promise<Grant<C>>
}

/** A temporary token that waits for its verifier. */
export interface PendingVerifier {
  authorizeUrl: string
  token: string
  pending: Record<string, unknown>
}

/** A verifier that the callback contains, or that the user copies from a page (OAuth 1.0a). */
export interface VerifierHandshake<C extends Credentials = Credentials> {
  /** The callback's parameters that contain the temporary token and the verifier. */
  readonly callbackParameters: { token: string, verifier: string }
  /**
   * Starts the handshake for the account that the user entered. With a null `callback`, the provider shows the verifier on a
   * page. Redirect the browser to `authorizeUrl`. The callback contains `token`. Keep `pending` sealed for `complete`.
   */
  begin (account: string, callback: string | null, context: RequestContext): Promise<PendingVerifier>
  /** Throws ProviderError `rejected` for a wrong verifier. The user may then try another one. */
  complete (pending: Record<string, unknown>, verifier: string, context: RequestContext): Promise<Grant<C>>
}

/** A one-time code that the user has not entered yet. */
export interface PendingCode {
  code: string
  redeemUrl: string
  expiresAt: Date
  intervalMs: number
  pending: Record<string, unknown>
}

/** A code that the user enters at the provider's page. Each connection has its own disposable client. */
export interface OneTimeCodeHandshake<C extends Credentials = Credentials> {
  /** Show `code` and `redeemUrl` until `expiresAt`. Call `complete` at most once per `intervalMs`. */
  begin (context: RequestContext): Promise<PendingCode>
  /** Null while the user has not entered the code. */
  complete (pending: Record<string, unknown>, context: RequestContext): Promise<Grant<C> | null>
}

/** The field of the page in which the user enters an address, a URL or a token. */
export interface AddressField {
  /** Such as `E-mail address`. */
  label: string
  /** An example, which the empty field shows. */
  placeholder: string
  /** One sentence that says where the user finds it. */
  hint?: string
}

/** What a confirmation message contains. */
export interface Confirmation {
  /** Six digits. */
  code: string
  /** A page of ours with a button that confirms. Opening it changes nothing. */
  url: string
  /** The name of the site. */
  site: string
}

/** A link that opens an address in the provider's app, and a page that shows it in any browser. */
export interface DeviceLinks {
  appUrl: string
  webUrl: string
}

/**
 * An address that the user enters: an e-mail address, or the URL of a webhook. The kind is `confirm` when `sendCode` is present,
 * and `paste` when the address itself proves that the user may use it.
 */
export interface AddressHandshake<C extends Credentials = Credentials> {
  readonly field: AddressField
  /**
   * Parses and checks what the user entered. Sends nothing that the owner of the address would notice. Throws ProviderError
   * `rejected`, whose reason completes the sentence "The address …".
   */
  accept (text: string, context: RequestContext): Promise<Grant<C>>
  /** Makes an address for users who have none. `label` is the text of its button, and `accept` parses what `create` returns. */
  readonly generate?: { label: string, create: () => string }
  /** Where the user receives what is sent to the address. */
  deviceLinks? (grant: Grant<C>): DeviceLinks
  /** Sends the code to the address. `proven` when the response already proves that the user owns it. Throws ProviderError. */
  sendCode? (grant: Grant<C>, confirmation: Confirmation, context: RequestContext): Promise<'sent' | 'proven'>
}

/** A link that the user opens in the provider's app. The provider then reports who opened it, as an inbound event. */
export interface LinkHandshake {
  /** The link that contains `code`, which is 32 characters of base64url. */
  begin (code: string, context: RequestContext): Promise<{ url: string }>
}

/** A push subscription of the user's browser. */
export interface SubscribeHandshake<C extends Credentials = Credentials> {
  /** The public keys in base64url. New subscriptions use the first. Older subscriptions may use the others. */
  readonly publicKeys: readonly [string, ...string[]]
  /**
   * Parses the subscription as the browser serializes it, with the key that it uses in `applicationServerKey` (the first when
   * absent) and a `name` of the browser. Throws ProviderError `rejected`.
   */
  accept (subscription: unknown): Grant<C>
}

export interface Handshakes<C extends Credentials = Credentials> {
  code?: CodeHandshake<C>
  /** Replaces the redirects of `code` and `verifier`. */
  redirect?: RedirectHandshake<C>
  verifier?: VerifierHandshake<C>
  oneTimeCode?: OneTimeCodeHandshake<C>
  address?: AddressHandshake<C>
  link?: LinkHandshake
  subscribe?: SubscribeHandshake<C>
}

import type { HttpResponse } from '@carillon/http'
import type { Credentials } from './credentials.ts'
import type { InboundReader } from './inbound.ts'
import type { Pull } from './insights.ts'
import type { Message } from './message.ts'
import type { Rendered } from './rendered.ts'
import type { RequestContext } from './request-context.ts'

/** The provider's result for a delivered message. It is stored with the delivery. */
export interface Receipt {
  id: string
}

/** The provider sends messages. */
export interface Sends<C extends Credentials = Credentials> {
  /**
   * Sends one message. `key` is a UUID that is the same for every attempt of one delivery. A provider with an idempotency key
   * shows the message once, however often Carillon sends it.
   */
  send (message: Message, key: string, credentials: C, context: RequestContext): Promise<Receipt>
  /**
   * What the recipient sees of `message`. Sends nothing, and returns the same for the same message. `send` sends this and nothing
   * else, so that a preview is right. Throws ProviderError `rejected` for a message that the provider cannot show.
   */
  render (message: Message): Rendered
  /**
   * True when a repeated send with the same key shows the message only once, so a message that may have arrived may be sent
   * again. Otherwise the caller who created the notification decides.
   */
  readonly idempotent?: true
}

/** Credentials that replace older ones. `expiresAt` is absent when the provider states no expiry. */
export interface Refreshed<C extends Credentials = Credentials> {
  credentials: C
  expiresAt?: Date
}

/** The provider replaces credentials before they expire. */
export interface Refreshes<C extends Credentials = Credentials> {
  /** Returns new credentials. Throws ProviderError `unauthorized` when the provider will never refresh these. */
  refresh (credentials: C, context: RequestContext): Promise<Refreshed<C>>
  /** Whether these credentials can be refreshed, for example with a refresh token. Defaults to true. */
  canRefresh? (credentials: C): boolean
  /** The minimum time before their expiry at which credentials are refreshed, in milliseconds. */
  readonly refreshAheadMs?: number
}

/** The provider invalidates credentials on request. */
export interface Revokes<C extends Credentials = Credentials> {
  /** Revokes the credentials at the provider. Credentials that the provider does not recognize count as revoked. */
  revoke (credentials: C, context: RequestContext): Promise<void>
  /**
   * What `revoke` ends: only the credentials (`token`, the default), or all grants of the account to Carillon (`account`). With
   * `account`, do not call `revoke` while other credentials of the account are in use.
   */
  readonly revokes?: 'token' | 'account'
  /**
   * True when credentials may work on after the user has removed the application at the provider, so they are revoked then too.
   */
  readonly survivesRemoval?: true
}

/** A request through the proxy: its method, and its path with query at the provider's origin. */
export interface ForwardedRequest {
  method: string
  /** Begins with `/`. */
  path: string
  /** The body, if it is `application/x-www-form-urlencoded`. Null for a body that is too long to be read in advance. */
  form?: string | null
}

/** The target of a forwarded request, and the headers that authorize it. They replace headers of the same name. */
export interface Authorized {
  url: string
  /** A user has chosen the host, so the guard applies even if its origin is trusted. */
  isGuarded?: boolean
  headers: Record<string, string>
  /** Texts that the response may repeat and that the caller must not see. */
  conceal?: string[]
  /**
   * Receives the response (without its body if the status is below 400). Returns another request when neither the request nor
   * the credentials caused the refusal, but for example a wrong clock. Called at most once.
   */
  again? (response: HttpResponse): Authorized | undefined
}

/** The provider's API can be called through the proxy. */
export interface Proxies<C extends Credentials = Credentials> {
  /**
   * Returns the target of `request` and the headers that authorize it, for a caller who never sees the credentials. The target
   * has the provider's origin.
   */
  authorize (request: ForwardedRequest, credentials: C, context: RequestContext): Promise<Authorized>
  /** The state of the credentials that the response reveals. Null when they are valid. */
  classifyCredentials (response: Pick<HttpResponse, 'status' | 'headers' | 'body'>): 'expired' | 'unauthorized' | null
}

/** Carillon pulls the provider's data regularly. */
export interface Pulls<C extends Credentials = Credentials> {
  readonly pull: Pull<C>
}

/** The provider sends requests to Carillon, for example when users revoke access or block a bot. */
export interface Inbound {
  readonly inbound: InboundReader
}

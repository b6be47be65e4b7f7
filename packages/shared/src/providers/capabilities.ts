import type { HttpResponse } from '../http/index.ts'
import type { Credentials } from './credentials.ts'
import type { Notices } from './inbound.ts'
import type { Pull } from './insights.ts'
import type { Message } from './message.ts'
import type { RequestContext } from './request-context.ts'

/** What the provider returned for a delivered message. It is stored with the delivery. */
export interface Receipt {
  id: string
}

/** The provider sends messages. */
export interface Sends<C extends Credentials = Credentials> {
  /**
   * Sends one message. `key` is a UUID that is the same for every attempt of one delivery. A provider with an idempotency key
   * shows the message once however often it is sent.
   */
  send (message: Message, key: string, credentials: C, call: RequestContext): Promise<Receipt>
  /**
   * True when a second send under the same key shows nothing twice, so that a message that may have arrived may be sent again.
   * Without it, the maker of the notification decides.
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
  /** New credentials for old. Throws ProviderError `unauthorized` when the provider will never refresh these. */
  refresh (credentials: C, call: RequestContext): Promise<Refreshed<C>>
  /** Whether there is anything to refresh these with, such as a refresh token. Absent: always. */
  canRefresh? (credentials: C): boolean
  /** How long before their expiry credentials are refreshed at the latest, in milliseconds. */
  readonly refreshAheadMs?: number
}

/** The provider invalidates credentials on request. */
export interface Revokes<C extends Credentials = Credentials> {
  /** Ends the credentials at the provider. Credentials that it no longer knows count as revoked. */
  revoke (credentials: C, call: RequestContext): Promise<void>
  /**
   * What `revoke` ends: the credentials alone (`token`, also when absent), or all that the account has granted us (`account`).
   * In the second case it must not be called while other credentials of the account are in use.
   */
  readonly revokes?: 'token' | 'account'
}

/** A request that a caller of the proxy makes: its method, and its path with query under the provider's own origin. */
export interface ForwardedRequest {
  method: string
  /** Begins with `/`. */
  path: string
  /** Its body, where that is `application/x-www-form-urlencoded`; null for one that is too long to be read beforehand. */
  form?: string | null
}

/** Where a forwarded request goes, and the headers that authorize it. They replace headers of the same name. */
export interface Authorized {
  url: string
  /** A user has chosen the host, so the guard applies even where its origin is a trusted one. */
  isGuarded?: boolean
  headers: Record<string, string>
  /** Texts that the response may repeat and that its reader must not see. */
  conceal?: string[]
  /**
   * Receives the response (without its body below 400) and returns the request to send instead, when the reason for the refusal
   * lies neither with the request nor with the credentials, such as a wrong clock. At most once.
   */
  again? (answer: HttpResponse): Authorized | undefined
}

/** The provider's API can be called through the proxy. */
export interface Proxies<C extends Credentials = Credentials> {
  /**
   * Where `request` goes and the headers that authorize it, for a caller who never sees the credentials. The URL's origin is
   * the provider's own.
   */
  authorize (request: ForwardedRequest, credentials: C, call: RequestContext): Promise<Authorized>
  /** What the response to an authorized request says about the credentials. Null when nothing is wrong with them. */
  classifyCredentials (answer: Pick<HttpResponse, 'status' | 'headers' | 'body'>): 'expired' | 'unauthorized' | null
}

/** The provider's data is read regularly. */
export interface Pulls<C extends Credentials = Credentials> {
  readonly pull: Pull<C>
}

/** The provider tells us that users have removed us, and when they want their data to be deleted. */
export interface Inbound {
  readonly notices: Notices
}

import type { Grant } from './credentials.ts'
import type { RequestContext } from './request-context.ts'

/** A request that a provider sends to `POST /inbound/<provider>`, as it arrived. */
export interface InboundRequest {
  /** By lower-case name. */
  headers: Readonly<Record<string, string | undefined>>
  query: URLSearchParams
  /** The raw body, which signatures cover. */
  body: Buffer
  /** The callback in `POST /inbound/<provider>/<callback>`, for a provider with `callbacks`. */
  callback?: string
}

/** What a provider reports. `accountId` is the `id` of an account, or for the first two its `grantedBy`. */
export type InboundEvent =
  /** The user has ended the account's grants at the provider. Connections made after `issuedAt` stay. */
  | { kind: 'accountRemoved', accountId: string, issuedAt: Date }
  /** The user requests the deletion of all data about the account. It also ends the account's connections. */
  | { kind: 'deletionRequested', accountId: string, issuedAt: Date }
  /** The user opened the link of a handshake: `code` is the one in the link. */
  | { kind: 'linkOpened', code: string, grant: Grant }
  /** The address of the account no longer exists, or accepts no more messages. `reason` is for the user. */
  | { kind: 'targetGone', accountId: string, reason: string }
  /**
   * The account of `grant` accepts messages again, for example because the user unblocked a bot. Opens the connections again that
   * `targetGone` or a failed message ended with this `reason`, and no others.
   */
  | { kind: 'targetReturned', grant: Grant, reason: string }
  /**
   * The provider ended credentials that several connections share. `key` is that of `Grant.shared`. Credentials that were stored
   * after `issuedAt` stay.
   */
  | { kind: 'grantRevoked', key: string, issuedAt: Date, reason: string }
  /** The user wants no more messages at this address. */
  | { kind: 'unsubscribed', accountId: string }

/** The response to the provider. A text is sent as `text/plain`, an object as JSON. */
export interface InboundResponse {
  /** Defaults to 200. */
  status?: number
  body?: string | object
}

/** A verified request. */
export interface InboundMessage {
  /** The same for every repetition of the message. Its events are handled once. */
  id: string
  /** Empty when there is nothing to do. The message is then not stored. */
  events: InboundEvent[]
  /**
   * Builds the response. `confirmation` identifies a stored message: the code under which a user can look it up, and the page
   * that shows it. By default the response is empty.
   */
  respond? (confirmation: { code: string, url: string }): InboundResponse
}

/** How a provider's requests are read. */
export interface InboundReader {
  /** The maximum size of a body. Defaults to 256 KiB. */
  readonly maxBytes?: number
  /**
   * The names of the callbacks, for a provider that calls one URL for each kind of event. Each also exists below
   * `/connect/<provider>`, where earlier versions had them.
   */
  readonly callbacks?: readonly string[]
  /**
   * Verifies the request and reads its events. Makes no requests. Throws ProviderError `unauthorized` for a wrong signature that
   * the provider expects to be refused with 401, and `rejected` for any other request that is not the provider's.
   */
  read (request: InboundRequest, now: number): InboundMessage | Promise<InboundMessage>
  /**
   * Asks the provider for messages, for a provider that holds them until a client asks. One process of the deployment asks at a
   * time. `cursor` is that of the last result, whose messages are stored by then; null at first. Waits for a message for some
   * seconds. Throws ProviderError.
   */
  poll? (cursor: string | null, context: RequestContext): Promise<{ messages: InboundMessage[], cursor: string | null }>
  /** Tells the provider where to send its messages. Each worker calls it when it starts. Throws ProviderError. */
  register? (context: RequestContext): Promise<void>
  /**
   * Opens a server for messages that do not arrive over HTTP, and passes each of them to `receive` as a request that `read`
   * accepts. Rejects when its address is in use. Absent when no such server is configured.
   */
  listen? (options: ListenOptions): Promise<InboundListener>
}

export interface ListenOptions {
  /** Rejects when the message cannot be stored now. The sender then repeats it. */
  receive: (request: InboundRequest) => Promise<void>
  /** Milliseconds since the epoch. */
  now: () => number
  /** Receives the errors of single connections, such as a reset. The server goes on. */
  onError: (error: unknown) => void
}

/** A server that receives messages until it is closed. */
export interface InboundListener {
  port: number
  close: () => Promise<void>
}

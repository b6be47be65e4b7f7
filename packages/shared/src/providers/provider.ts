import type { Answer, Http, Verdict } from '../http/index.ts'
import type { FileStore } from './files/file-store.ts'
import type { Message } from './message.ts'

/** What a provider's client needs to act for one account. Plain JSON: it is sealed before it is stored. */
export interface Credentials {
  accessToken: string
  refreshToken?: string
}

/** The account behind the credentials, as people know it. */
export interface Account {
  id: string
  name: string
  /** Where it is, when users choose that: `pump.example`. Absent: at the provider's own host. */
  host?: string
}

/** What a finished handshake brings. `expiresAt` is absent when the provider states no expiry. */
export interface Grant<C extends Credentials = Credentials> {
  credentials: C
  account: Account
  expiresAt?: Date
  /** What was asked for and not allowed, where the provider lets users choose. */
  missingPermissions?: string[]
}

/** The whole seam to the outside world: network, cancellation, clock, and what hosts have registered us as. */
export interface Call {
  http: Http
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  now: () => number
  registrations: Registrations
  /** Where the files of messages are held, and which notification is being sent; without it nothing is shared. */
  files?: { store: FileStore, notificationId: string }
  /** Waited for before each request of a pull, which may be many: it rejects when the request must not be made now. */
  beforeRequest?: () => Promise<void>
  /** To be told how much is used up of what we may ask for all connections together, in percent, by each answer that says so. */
  onUsage?: (percent: number) => void
  /** To be told of a limit that is nearly met: whom to ask nothing more until `retryAt`, milliseconds since the epoch. */
  onNearLimit?: (rest: { scope: 'connection' | 'host', retryAt: number }) => void
}

/** A client that a host of the user's choice has registered for us. Plain JSON with secrets: it is sealed where it is kept. */
export interface Registration {
  clientId: string
  clientSecret: string
  /** Milliseconds since the epoch; absent when it never ends. */
  expiresAt?: number
}

/** Where registrations are kept, one per provider and host. */
export interface Registrations {
  /**
   * The one we have, or the one that `register` brings. `stale` is one that the host does not know any more: it is replaced
   * unless somebody has done so already. Of all who ask at a time, over all processes, one registers.
   */
  obtain: (provider: string, host: string, register: () => Promise<Registration>, stale?: Registration) => Promise<Registration>
}

/** What the provider gave back for a delivered message; kept with the delivery. */
export interface Receipt {
  id: string
}

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
  accept (token: Record<string, unknown>, call: Call): Promise<Grant<C>>
  /** What it means that the token endpoint gave no token, where its errors are not those of RFC 6749 §5.2. */
  judgeRefusal? (answer: Answer, now: number): Verdict
}

/** A request for a verifier, under way. */
export interface VerifierBegun {
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
  begin (account: string, callback: string | null, call: Call): Promise<VerifierBegun>
  /** Throws ProviderError `rejected` for a verifier that is not taken, after which it may be tried again. */
  complete (pending: Record<string, unknown>, verifier: string, call: Call): Promise<Grant<C>>
}

/** A one-time code, waiting to be entered. */
export interface CodeBegun {
  code: string
  redeemUrl: string
  expiresAt: Date
  intervalMs: number
  pending: Record<string, unknown>
}

/** A code that we show and the user enters at the provider's page (a disposable client of our own for each connection). */
export interface OneTimeCodeHandshake<C extends Credentials = Credentials> {
  /** Show `code` and `redeemUrl` until `expiresAt`; ask `complete` no more often than every `intervalMs`. */
  begin (call: Call): Promise<CodeBegun>
  /** Null while the user has not entered it yet. */
  complete (pending: Record<string, unknown>, call: Call): Promise<Grant<C> | null>
}

export interface Handshakes<C extends Credentials = Credentials> {
  code?: CodeHandshake<C>
  verifier?: VerifierHandshake<C>
  oneTimeCode?: OneTimeCodeHandshake<C>
}

/** Credentials that replace older ones. `expiresAt` is absent when the provider states no expiry. */
export interface Refreshed<C extends Credentials = Credentials> {
  credentials: C
  expiresAt?: Date
}

/** A request of somebody else's making: its method, and its path with query under the provider's own origin. */
export interface ForwardedRequest {
  method: string
  /** Begins with `/`. */
  path: string
  /** Its body, where that is `application/x-www-form-urlencoded`; null for one that is too long to be read beforehand. */
  form?: string | null
}

/** Where a forwarded request goes, and the headers that authorize it, which take the place of those it has. */
export interface Authorized {
  url: string
  /** A user has chosen the host: the guard applies even where its origin is a trusted one. */
  isGuarded?: boolean
  headers: Record<string, string>
  /** Texts that the answer may repeat, and that its reader must not see. */
  conceal?: string[]
  /**
   * To be told the answer (its body may be left out below 400): gives what to send in its place when it was refused for a
   * reason that lies with neither the request nor the credentials, such as a clock that is wrong. At most once.
   */
  again? (answer: Answer): Authorized | undefined
}

/** An account that figures are kept of, as the provider knows it. */
export interface AdAccount {
  id: string
  name: string
  currency: string
  /** Such as `Europe/Berlin`: its days begin and end there. */
  timezone: string
}

/** The figures of one day: decimal numbers, as exact as the provider tells them. */
export interface InsightsDay {
  /** `YYYY-MM-DD`, in the account's own time zone. */
  day: string
  impressions: string
  clicks: string
  spend: string
}

/** One page of what a provider returns. */
export interface PullPage<Item> {
  items: Item[]
  /** How many more it holds that make no sense. What is known of these stays as it is. */
  unreadable: number
}

/** Data that is read through a connection, a page at a time. What pages are called at the provider never leaves its client. */
export interface Pull<C extends Credentials = Credentials> {
  readonly name: string
  /** All accounts that the credentials reach. Throws ProviderError. */
  accounts (credentials: C, call: Call): AsyncIterable<PullPage<AdAccount>>
  /** What there is from `since` up to and with `until`, in pages. Throws ProviderError. */
  days (
    accountId: string, range: { since: string, until: string }, credentials: C, call: Call
  ): AsyncIterable<PullPage<InsightsDay>>
}

/** What the provider tells us of its own accord about one of its accounts. */
export interface Notice {
  /** The account's `id`. */
  accountId: string
  issuedAt: Date
  /** What the provider has signed. A signature can be written in several ways; what it is of cannot. */
  content: string
}

/** How the provider proves that a notice is its own. */
export interface Notices {
  /** The field of the form that holds it. */
  readonly field: string
  /** Throws ProviderError `rejected` for what the provider has not signed. */
  read (signed: string): Notice
}

/**
 * What is absent is a thing the service cannot do: `provider.send?.(…)` is the capability check. All that can fail throws
 * ProviderError, whose verdict says what to do next. Methods, not properties: their parameters are bivariant, so that
 * providers with credentials of their own shape fit in one registry.
 */
export interface Provider<C extends Credentials = Credentials> {
  readonly id: string
  readonly name: string
  /** Whose account it is that is connected: a user's own, or one that belongs to a team and that its owner connects. */
  readonly holder: 'user' | 'team'
  /** Where its servers are by configuration, such as `https://api.example.com`. Requests there need no guard. */
  readonly origins: readonly string[]
  readonly handshakes: Handshakes<C>
  /** Reads credentials that came from outside (an import, the vault); throws ProviderError `malformed` when they are not ours. */
  parseCredentials (value: unknown): C
  /** Whose credentials these are. Throws ProviderError `unauthorized` when they are dead. */
  identify (credentials: C, call: Call): Promise<Account>
  /**
   * Sends one message. `key` is a UUID that is the same for every try of one delivery, so that a provider with an
   * idempotency handle shows the message once however often it is sent.
   */
  send? (message: Message, key: string, credentials: C, call: Call): Promise<Receipt>
  /**
   * Present when sending under a key that has been used shows nothing twice: what was perhaps sent may be sent again. Without it
   * that is for whoever made the notification to decide.
   */
  readonly idempotent?: true
  /**
   * Present when the user must say which account, such as `nick@host`, before a handshake can begin: tells what they meant,
   * or throws ProviderError `rejected`.
   */
  parseAccount? (text: string): { host: string, name: string }
  /** How long before they expire credentials are to be refreshed at the latest, in milliseconds. */
  readonly refreshAheadMs?: number
  /** Whether there is anything to refresh these with, such as a refresh token. Absent: always. */
  canRefresh? (credentials: C): boolean
  /** New credentials for old. Throws ProviderError `unauthorized` when the provider will never refresh these. */
  refresh? (credentials: C, call: Call): Promise<Refreshed<C>>
  /**
   * What `revoke` ends: the credentials alone (`token`, also when absent), or all that the account has ever granted us, in
   * which case it is not to be called while other credentials of the account are in use.
   */
  readonly revokes?: 'token' | 'account'
  /** Ends the credentials at the provider. Those that it does not know any more are as good as revoked. */
  revoke? (credentials: C, call: Call): Promise<void>
  /**
   * Where `request` goes and the headers that authorize it, for a caller who never sees the credentials. The URL's origin is
   * the provider's own.
   */
  authorize? (request: ForwardedRequest, credentials: C, call: Call): Promise<Authorized>
  /** What an answer to an authorized request says about the credentials: null when nothing is wrong with them. */
  judgeCredentials? (answer: { status: number, headers: Record<string, string>, body: Buffer }): 'expired' | 'unauthorized' | null
  readonly pull?: Pull<C>
  /** Present when the provider tells us that users have removed us, and when they want their data to be deleted. */
  readonly notices?: Notices
}

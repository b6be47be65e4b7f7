import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Accounts } from './accounts.ts'
import type { QuickRoute } from './quick-route.ts'
import type { Tally } from '../pushbullet/bench/tally.ts'
import type { Clock } from './clock.ts'
import type { AppSettings } from '../facebook/removal/notices.ts'
import type { Faults } from './faults/faults.ts'
import type { Inbox } from './inbox.ts'
import type { Stats } from './stats.ts'

/** What every simulator is given. */
export interface Desk {
  clock: Clock
  inbox: Inbox
  accounts: Accounts
  /** In bench mode: what is counted there and not kept. */
  tally?: Tally | undefined
  /** HOST:PORT at which a simulator is called that has a host of its own; known once the sandbox listens. */
  hostOf: (id: string) => string
  /** Addresses that the settings of the app at Facebook name at first. */
  facebookApp?: Partial<AppSettings> | undefined
}

/** A simulated service. It is mounted under `/<id>`, or at the root of a host of its own. */
export interface Simulator {
  readonly id: string
  readonly name: string
  /** The variables that point Carillon at this simulator, which is mounted at `url`. */
  environment: (url: string) => Record<string, string>
  /** For services whose accounts name their host. */
  readonly hasOwnHost?: true
  /** Control calls that only this service has, below `/_control/<id>`. */
  controls?: (app: FastifyInstance) => void
  /** The account that a control call names in a shorter way. */
  accountOf?: (name: string) => string
  /** Where a person can grant access without Carillon at the other end, for the page at `/`. */
  consentPath: (sandboxUrl: string) => string
  /** What an item of the inbox looks like on its account's screen. */
  show: (item: unknown) => Card
  mount: (app: FastifyInstance) => Promise<void>
  /** In bench mode: the request that a benchmark consists of. */
  quickRoute?: (services: { faults: Faults, stats: Stats }) => QuickRoute | undefined
  /** New people who have already granted access. */
  createAccounts: (count: number) => GrantedAccount[]
  /** Ends the life of tokens as age does; of one account or of all. Says of how many grants. `kind` is `access` unless given. */
  expireTokens: (account?: string, kind?: TokenKind) => number
  /** Ends every grant as the user does who removes the app; of one account or of all. Says how many. */
  revokeTokens: (account?: string) => number
  /** How tokens were refreshed, by account, where the service has such a thing. */
  refreshes?: (account?: string) => RefreshCount[]
  /** The service's own faults that a test may switch off, by name. `reset` switches all on. */
  quirks?: Record<string, boolean>
  /** How the service itself would say this status, for faults that leave headers or body out. */
  faultAnswer: (status: number) => FaultAnswer
  /** Answers of the service's own that a fault may ask for by name, where a status does not say enough. */
  namedFaults?: Readonly<Record<string, NamedFault>>
  reset: () => void
}

/** What else a client needs to know about the account is the service's own. */
export interface GrantedAccount {
  account: string
  accessToken: string
  refreshToken?: string
  [more: string]: unknown
}

export type TokenKind = 'access' | 'refresh' | 'both'

export interface RefreshCount {
  account: string
  refreshes: number
  /** Refreshes that were turned away, with a token that is or once was the account's. */
  refused: number
}

export interface Card {
  kind: string
  title?: string | undefined
  body?: string | undefined
  url?: string | undefined
  imageUrl?: string | undefined
  /** `#rrggbb`: the account's screen takes it on. */
  color?: string | undefined
}

export interface FaultAnswer {
  headers: Record<string, string>
  /** A string is sent as it is, anything else as JSON. */
  body: unknown
}

/** What the service answers to this request when it goes wrong in this way. */
export type NamedFault = (request: FastifyRequest) => FaultAnswer & { status: number }

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Accounts } from './accounts.ts'
import type { Clock } from './clock.ts'
import type { Faults } from './faults/faults.ts'
import type { Inbox } from './inbox.ts'
import type { RefreshCount } from './oauth/refresh-counts.ts'
import type { QuickRoute } from './quick-route.ts'
import type { SandboxEnvironment } from './read-variable.ts'
import type { StatePart } from './state/state-part.ts'
import type { Stats } from './stats.ts'

/** What the sandbox gives to every simulator. */
export interface SandboxServices {
  clock: Clock
  inbox: Inbox
  accounts: Accounts
  /** HOST:PORT of a simulator with `hasOwnHost`. It is known once the sandbox listens. */
  hostOf: (id: string) => string
  /** In bench mode, a simulator may count what it is sent instead of keeping it. */
  bench: boolean
  /** The variables of single simulators, whose names begin with `SANDBOX_`. */
  env: SandboxEnvironment
}

export type CreateSimulator = (services: SandboxServices) => Simulator

/** A simulated service. It is mounted under `/<id>`, or at the root of a host of its own. */
export interface Simulator {
  readonly id: string
  readonly name: string
  /** The variables that point Carillon at this simulator, which is mounted at `url`. */
  environment: (url: string) => Record<string, string>
  /** For services whose accounts include their host. */
  readonly hasOwnHost?: true
  /** For services that do not use HTTP. Their server listens on a port of its own. */
  createServer?: (services: { faults: Faults, stats: Stats }) => SimulatorServer
  /** Control calls that only this service has, below `/_control/<id>`. */
  controls?: (app: FastifyInstance) => void
  /** The account that a control call means by a short name or an id. */
  accountOf?: (name: string) => string
  /** The page where a person grants access without Carillon. The page at `/` links to it. */
  consentPath: (sandboxUrl: string) => string
  /** How the account's screen shows an item of the inbox. */
  toCard: (item: unknown) => Card
  mount: (app: FastifyInstance) => Promise<void>
  /** In bench mode: the request that a benchmark sends. */
  quickRoute?: (services: { faults: Faults, stats: Stats }) => QuickRoute | undefined
  /**
   * Creates an account that has granted access. `host` is its workspace or domain, for services whose accounts have one; others
   * ignore it.
   */
  createAccount: (host?: string) => GrantedAccount
  /** Expires the tokens of one account or of all. Returns the number of grants. `kind` is `access` by default. */
  expireTokens: (account?: string, kind?: TokenKind) => number
  /** Ends the grants of one account or of all, as a user does who removes the app. Returns their number. */
  revokeTokens: (account?: string) => number
  /** The refreshes by account, for services with refreshes. */
  refreshes?: (account?: string) => RefreshCount[]
  /** The service's deviations that a test can switch, by name. A reset restores them. */
  quirks?: Record<string, boolean>
  /** The service's usual response with this status, for faults without headers or body. */
  faultResponse: (status: number) => FaultResponse
  /** Responses that a fault selects by name, for services where the status is not enough. */
  namedFaults?: Readonly<Record<string, NamedFault>>
  /** What survives a restart: accounts, registered apps and tokens. Messages, codes and limits do not. */
  state?: Readonly<Record<string, StatePart>>
  /** What `/_control/stats` reports beside the requests. */
  stats?: () => object
  reset: () => void
}

export interface SimulatorServer {
  /** Rejects with the system's error. */
  listen: (at: { port: number, host: string }) => Promise<void>
  close: () => Promise<void>
}

/** Each service adds what its clients need to know about the account. */
interface GrantedAccount {
  account: string
  /** Absent for a service without tokens. */
  accessToken?: string
  refreshToken?: string | undefined
  [more: string]: unknown
}

export type TokenKind = 'access' | 'refresh' | 'both'

export interface Card {
  kind: string
  title?: string | undefined
  body?: string | undefined
  url?: string | undefined
  imageUrl?: string | undefined
  /** `#rrggbb`, the color of the account's screen. */
  color?: string | undefined
}

export interface FaultResponse {
  headers: Record<string, string>
  /** A string is sent as it is, anything else as JSON. */
  body: unknown
}

export type NamedFault = (request: FastifyRequest) => FaultResponse & { status: number }

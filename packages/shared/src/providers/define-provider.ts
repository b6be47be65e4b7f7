import { integer } from '../env/index.ts'
import type { ValuesOf, VariableTable } from '../env/index.ts'
import type { Credentials } from './credentials.ts'
import type { Accounts, Provider } from './provider.ts'

/** The settings of the site that a provider may use. */
export interface Site {
  name: string
}

/** How `carillon connect` connects an account in a terminal. */
export interface TerminalAccess {
  /** The steps, for the help text, one entry per line. */
  help: readonly string[]
  /** How the user names the account, for the help text. Absent when the user enters none. */
  account?: string
  /** True when the browser returns to a local port, which the user may choose. */
  usesPort?: true
  /** Arguments that follow the provider's id in the examples of the help, one entry per example. */
  examples?: readonly string[]
  /** Default values for required variables that are not set. */
  defaults?: Record<string, string>
}

export interface ProviderOptions<Env extends VariableTable, C extends Credentials> {
  id: string
  name: string
  /** The owner of connected accounts: a user, or a team, whose owner connects the account. */
  holder: 'user' | 'team'
  /** How many accounts an owner may connect. */
  accounts: Accounts
  /** The environment variables without the provider's prefix: `API_URL` of `acme` is read from ACME_API_URL. */
  env: Env
  /** True when users choose the host of their account. The simulator then has its own port, `SANDBOX_<ID>_PORT`. */
  hasUserHosts?: true
  /** True when the service does not use HTTP. The simulator then has its own port, `SANDBOX_<ID>_PORT`. */
  hasOwnPort?: true
  /** The limit of the service for one client, in requests per second, when the operator sets no other. */
  maxPerSecond?: number
  /** Absent when the account cannot be connected in a terminal. */
  terminal?: TerminalAccess
  /** Why a terminal cannot connect an account, without `terminal`. Completes "Acme cannot be connected in a terminal: …". */
  noTerminal?: string
  /** Throws TypeError for an invalid combination of values. */
  create (values: ValuesOf<Env>, site: Site): ProviderClient<C>
}

/** A provider without the members that its definition contains. */
export type ProviderClient<C extends Credentials = Credentials> = Omit<Provider<C>, 'id' | 'name' | 'holder' | 'accounts'>

/** One provider of the registry. */
export interface ProviderDefinition {
  readonly id: string
  readonly name: string
  readonly holder: 'user' | 'team'
  readonly accounts: Accounts
  /** The prefix of all its variables, such as `ACME_`. */
  readonly prefix: string
  /** Keyed by full names, in the order of `.env.example`. */
  readonly variables: VariableTable
  /** The variables without which the provider is not offered. */
  readonly required: readonly string[]
  /** The variable with the port of the simulator, for a provider whose simulator has its own port. */
  readonly simulatorPort?: string
  /** Users choose the host of their account. */
  readonly hasUserHosts?: true
  readonly terminal?: TerminalAccess
  readonly noTerminal?: string
  /** Undefined when a required variable is not set. `values` contains the parsed values of all variables. */
  create (values: Readonly<Record<string, unknown>>, site: Site): Provider | undefined
  /** The maximum number of requests per second of all workers together. Undefined when there is no limit. */
  maxPerSecond (values: Readonly<Record<string, unknown>>): number | undefined
}

/** Derives the parts that the configuration, the command line and the documentation need from a provider's own facts. */
export function defineProvider<const Env extends VariableTable, C extends Credentials> (
  { id, name, holder, accounts, env, hasUserHosts, hasOwnPort, maxPerSecond, terminal, noTerminal, create }:
  ProviderOptions<Env, C>
): ProviderDefinition {
  const prefix = `${id.toUpperCase()}_`
  const limit = `${prefix}MAX_PER_SECOND`
  const noLimit = maxPerSecond === undefined ? ' No limit when absent.' : ''
  const required = Object.entries(env).flatMap(([suffix, variable]) => variable.required === true ? [`${prefix}${suffix}`] : [])
  return {
    id,
    name,
    holder,
    accounts,
    prefix,
    required,
    ...(hasUserHosts ?? hasOwnPort) === true && { simulatorPort: `SANDBOX_${prefix}PORT` },
    ...hasUserHosts === true && { hasUserHosts },
    ...terminal !== undefined && { terminal },
    ...noTerminal !== undefined && { noTerminal },
    variables: {
      ...Object.fromEntries(Object.entries(env).map(([suffix, variable]) => [`${prefix}${suffix}`, variable])),
      [limit]: {
        ...integer(1, 100_000),
        ...maxPerSecond !== undefined && { initial: String(maxPerSecond) },
        about: `Requests that all workers together send to ${name} in a second at most.${noLimit}`
      }
    },
    create (values, site) {
      if (required.some((variable) => values[variable] === undefined)) return undefined
      const own = Object.fromEntries(Object.keys(env).map((suffix) => [suffix, values[`${prefix}${suffix}`]]))
      // The readers in `env` returned these values, and no required one is missing.
      return { id, name, holder, accounts, ...create(own as ValuesOf<Env>, site) } as Provider
    },
    maxPerSecond (values) {
      const value = values[limit]
      return typeof value === 'number' ? value : undefined
    }
  }
}

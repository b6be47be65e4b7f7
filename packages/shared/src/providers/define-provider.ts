import { integer } from '../env/index.ts'
import type { ValuesOf, VariableTable } from '../env/index.ts'
import type { Credentials } from './credentials.ts'
import type { Provider } from './provider.ts'

/** What a provider may know of the site that runs it. */
export interface Site {
  name: string
}

/** How an account is connected in a terminal, by `carillon connect`. */
export interface TerminalAccess {
  /** What happens, for the help, one entry per line. */
  help: readonly string[]
  /** How the user names the account, for the help. Absent when the user names none. */
  account?: string
  /** True when the browser comes back to a port of this machine, which the user may choose. */
  usesPort?: true
  /** Arguments that follow the provider's id in the examples of the help, one entry per example. */
  examples?: readonly string[]
  /** What stands for required variables that are not set. */
  defaults?: Record<string, string>
}

export interface ProviderOptions<Env extends VariableTable, C extends Credentials> {
  id: string
  name: string
  /** Whose account is connected: a user's own, or one that belongs to a team and that the team's owner connects. */
  holder: 'user' | 'team'
  /** The environment variables, without the provider's prefix: `API_URL` of `acme` is read from ACME_API_URL. */
  env: Env
  /** True when users choose the host of their account. Its simulator then listens on a port of its own, `SANDBOX_<ID>_PORT`. */
  hasUserHosts?: true
  /** Absent when the account cannot be connected in a terminal. */
  terminal?: TerminalAccess
  /** Throws TypeError for values that make no sense together. */
  create (values: ValuesOf<Env>, site: Site): ProviderClient<C>
}

/** A provider without what its definition already says. */
export type ProviderClient<C extends Credentials = Credentials> = Omit<Provider<C>, 'id' | 'name' | 'holder'>

/** A provider that Carillon knows. The registry lists all of them. */
export interface ProviderDefinition {
  readonly id: string
  readonly name: string
  readonly holder: 'user' | 'team'
  /** Begins the name of all its variables, such as `ACME_`. */
  readonly prefix: string
  /** By their full names, in the order of `.env.example`. */
  readonly variables: VariableTable
  /** Names of the variables without which the provider is not offered. */
  readonly required: readonly string[]
  /** The variable with the port of the simulator, for a provider whose users choose the host of their account. */
  readonly simulatorPort?: string
  readonly terminal?: TerminalAccess
  /** Undefined when a required variable is not set. `values` are those of all variables, as they were read. */
  create (values: Readonly<Record<string, unknown>>, site: Site): Provider | undefined
  /** Requests that all workers together may send in a second. Undefined when there is no limit. */
  maxPerSecond (values: Readonly<Record<string, unknown>>): number | undefined
}

/** Derives from a provider's own facts what the configuration, the command line and the documentation need. */
export function defineProvider<const Env extends VariableTable, C extends Credentials> (
  { id, name, holder, env, hasUserHosts, terminal, create }: ProviderOptions<Env, C>
): ProviderDefinition {
  const prefix = `${id.toUpperCase()}_`
  const limit = `${prefix}MAX_PER_SECOND`
  const required = Object.entries(env).flatMap(([suffix, variable]) => variable.required === true ? [`${prefix}${suffix}`] : [])
  return {
    id,
    name,
    holder,
    prefix,
    required,
    ...hasUserHosts === true && { simulatorPort: `SANDBOX_${prefix}PORT` },
    ...terminal !== undefined && { terminal },
    variables: {
      ...Object.fromEntries(Object.entries(env).map(([suffix, variable]) => [`${prefix}${suffix}`, variable])),
      [limit]: { ...integer(1, 100_000), about: `Requests that all workers together send to ${name} in a second at most. No limit when absent.` }
    },
    create (values, site) {
      if (required.some((variable) => values[variable] === undefined)) return undefined
      const own = Object.fromEntries(Object.keys(env).map((suffix) => [suffix, values[`${prefix}${suffix}`]]))
      // Each value came from the reader in `env`, and those that are required are there.
      return { id, name, holder, ...create(own as ValuesOf<Env>, site) } as Provider
    },
    maxPerSecond (values) {
      const value = values[limit]
      return typeof value === 'number' ? value : undefined
    }
  }
}

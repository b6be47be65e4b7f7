import { findUnknownVariables } from '@carillon/shared/config'

type Environment = Record<string, string | undefined>

/** What any Node program may need from its parent: where things are and how it talks, and no setting of Carillon. */
const ofAnyProgram = [
  'PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL', 'NODE_ENV', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'NODE_V8_COVERAGE', 'NO_COLOR', 'FORCE_COLOR'
]

/** The sandbox never talks to a store and opens no credentials, so it gets neither the database's URL nor the keys. */
export function sandboxEnvironment (env: Environment): Record<string, string> {
  return pick(env, (name) => ofAnyProgram.includes(name) || name.startsWith('SANDBOX_'))
}

/**
 * `CARILLON_API_KEY` belongs to the command line: a key of the API is of no use to the API itself. Variables that `up` has
 * warned of are left out, or the API and the worker would each warn of them again.
 */
export function apiAndWorkerEnvironment (env: Environment): Record<string, string> {
  const dropped = new Set(['CARILLON_API_KEY', ...findUnknownVariables(env).map(({ name }) => name)])
  return pick(env, (name) => !dropped.has(name))
}

function pick (env: Environment, isWanted: (name: string) => boolean): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) if (value !== undefined && isWanted(name)) picked[name] = value
  return picked
}

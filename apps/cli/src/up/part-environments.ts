import { findUnknownVariables } from '@carillon/shared/config'
import type { ProviderDefinition } from '@carillon/shared/providers'

type Environment = Record<string, string | undefined>

/** Variables that any Node.js program may need from its parent process. None is a setting of Carillon. */
const programVariables = [
  'PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL', 'NODE_ENV', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'NODE_V8_COVERAGE', 'NO_COLOR', 'FORCE_COLOR'
]

/** The sandbox uses no store and opens no credentials, so it gets neither the database's URL nor the keys. */
export function sandboxEnvironment (env: Environment): Record<string, string> {
  return pick(env, (name) => programVariables.includes(name) || name.startsWith('SANDBOX_'))
}

/**
 * Leaves out secrets that only the command line uses, and variables that `up` has warned about, because the API and the worker
 * would warn about them again.
 */
export function apiAndWorkerEnvironment (env: Environment, definitions?: readonly ProviderDefinition[]): Record<string, string> {
  const dropped = new Set(['CARILLON_API_KEY', 'CARILLON_PROFILE', 'CARILLON_WEBHOOK_SECRET', ...findUnknownVariables(env, definitions).map(({ name }) => name)])
  return pick(env, (name) => !dropped.has(name))
}

function pick (env: Environment, isWanted: (name: string) => boolean): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) if (value !== undefined && isWanted(name)) picked[name] = value
  return picked
}

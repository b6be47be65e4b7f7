import { homedir } from 'node:os'
import { join } from 'node:path'
import type { CommandContext } from '../command-context.ts'

/** `$XDG_CONFIG_HOME/carillon/credentials.json`. */
export function defaultCredentialsPath (env: CommandContext['env']): string {
  // The XDG Base Directory Specification says to ignore a relative path.
  const given = env['XDG_CONFIG_HOME'] ?? ''
  return join(given.startsWith('/') ? given : join(env['HOME'] || homedir(), '.config'), 'carillon', 'credentials.json')
}

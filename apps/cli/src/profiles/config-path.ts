import { homedir } from 'node:os'
import { join } from 'node:path'
import type { CommandContext } from '../command-context.ts'

/** A file in `$XDG_CONFIG_HOME/carillon`. */
export function configPath (env: CommandContext['env'], name: string): string {
  // The XDG Base Directory Specification says to ignore a relative path.
  const given = env['XDG_CONFIG_HOME'] ?? ''
  return join(given.startsWith('/') ? given : join(env['HOME'] || homedir(), '.config'), 'carillon', name)
}

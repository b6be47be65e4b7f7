import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { CommandContext } from './command-context.ts'

/**
 * The environment, with the variables of CARILLON_ENV_FILE (`.env`) that it lacks. A file that the environment names must exist.
 * Throws an error that names the file.
 */
export function readEnvFile (env: CommandContext['env']): Pick<CommandContext, 'env' | 'envFile'> {
  const path = env['CARILLON_ENV_FILE'] ?? '.env'
  if (path === '') return { env, envFile: undefined }
  const text = read(path, env['CARILLON_ENV_FILE'] !== undefined)
  if (text === undefined) return { env, envFile: undefined }
  const variables = Object.entries(parseEnv(text)).filter(([name]) => !env[name])
  const names = variables.map(([name]) => name).toSorted()
  return { env: { ...env, ...Object.fromEntries(variables) }, envFile: { path, names } }
}

function read (path: string, isRequired: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ENOENT' && !isRequired) return undefined
    throw new Error(`CARILLON_ENV_FILE: ${path} cannot be read (${code})`)
  }
}

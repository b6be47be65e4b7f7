export type SandboxEnvironment = Readonly<Record<string, string | undefined>>

/** A variable with a wrong value, or a port that is in use. The message is for the person who starts the sandbox. */
export class SettingError extends Error {
  override readonly name = 'SettingError'
}

/** Undefined when the variable is not set. Throws SettingError. */
export function readPort (env: SandboxEnvironment, name: string): number | undefined {
  const value = env[name] ?? ''
  if (value === '') return undefined
  const port = Number(value)
  if (/^\d+$/.test(value) && port <= 65535) return port
  throw new SettingError(`${name}: got "${value}", expected a port number from 0 to 65535`)
}

/** Undefined when the variable is not set. Throws SettingError. */
export function readUrl (env: SandboxEnvironment, name: string): string | undefined {
  const value = env[name] ?? ''
  if (value === '') return undefined
  if (URL.canParse(value) && /^https?:/i.test(value)) return value
  throw new SettingError(`${name}: got "${value}", expected a URL of http or https`)
}

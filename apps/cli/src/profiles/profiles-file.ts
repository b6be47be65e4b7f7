import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { CommandContext } from '../command-context.ts'
import { configPath } from './config-path.ts'

/** An API and the key for it. */
export interface Profile {
  apiUrl: string
  apiKey: string
}

/** The content of `config.json`. */
export interface Profiles {
  /** The name of the profile in use. Absent: none. */
  profile?: string
  profiles: Record<string, Profile>
}

export interface ProfilesFile extends Profiles {
  path: string
  /** Set when other users may read the file, and so the keys. */
  warning?: string
}

/** Without a file, there are no profiles. Throws an error that names the file. */
export async function readProfiles (env: CommandContext['env']): Promise<ProfilesFile> {
  const path = configPath(env, 'config.json')
  try {
    const text = await readFile(path, 'utf8')
    const mode = (await stat(path)).mode & 0o777
    const warning = (mode & 0o077) === 0
      ? {}
      : { warning: `warning: other users may read the API keys in ${path} (mode ${mode.toString(8)}); run chmod 600 ${path}` }
    return { path, ...parse(text, path), ...warning }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return { path, profiles: {} }
    throw code === undefined ? error : new Error(`${path} cannot be read (${String(code)})`)
  }
}

/** Replaces the file in one step. Only its owner may read it. */
export async function writeProfiles (path: string, profiles: Profiles): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}`
  try {
    await writeFile(draft, `${JSON.stringify(profiles, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

function parse (text: string, path: string): Profiles {
  // Of the content, an error says nothing: it contains keys.
  const invalid = new Error(`${path} is not a file of profiles; correct or remove it`)
  try {
    const { profile, profiles }: { profile?: unknown, profiles?: unknown } = Object(JSON.parse(text))
    if (!isRecord(profiles) || !Object.values(profiles).every(isProfile)) throw invalid
    return { profiles: profiles as Record<string, Profile>, ...typeof profile === 'string' && { profile } }
  } catch {
    throw invalid
  }
}

function isProfile (value: unknown): value is Profile {
  return isRecord(value) && typeof value['apiUrl'] === 'string' && typeof value['apiKey'] === 'string'
}

function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

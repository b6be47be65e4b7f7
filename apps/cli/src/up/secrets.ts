import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createApiKey, verifyApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import { keyGenerators } from '@carillon/shared/config'
import { parseVaultKeys } from '@carillon/shared/vault'
import type { DataDir } from './data-dir.ts'

/** The secrets that `up` generated for this data directory, in its secrets.json. */
export interface Secrets {
  /** A value for CARILLON_KEYS. */
  keys: string
  /** Created when there is a database to store it in. */
  operatorKey?: string
  /** Keys that this deployment makes, such as those of providers, by the name of their variable. */
  providerKeys: Record<string, string>
}

const file = 'secrets.json'

export async function openSecrets (dataDir: DataDir): Promise<Secrets> {
  const stored = await readSecrets(dataDir.path)
  const secrets = { keys: `up:${randomBytes(32).toString('base64')}`, ...stored, providerKeys: addMissing(stored?.providerKeys) }
  if (JSON.stringify(secrets) !== JSON.stringify(stored)) await dataDir.writeSecret(file, JSON.stringify(secrets))
  return secrets
}

/** The key of the last run, unless this database does not have it, or a new key would have more scopes. */
export async function openOperatorKey (dataDir: DataDir, secrets: Secrets, databaseUrl: string): Promise<string> {
  const database = openDatabase({ url: databaseUrl, max: 1 })
  try {
    const known = secrets.operatorKey === undefined ? undefined : await verifyApiKey(database, secrets.operatorKey)
    if (secrets.operatorKey !== undefined && scopes.every((scope) => known?.scopes.includes(scope))) return secrets.operatorKey
    const { key } = await createApiKey(database, { name: 'carillon up', scopes: [...scopes] })
    await dataDir.writeSecret(file, JSON.stringify({ ...secrets, operatorKey: key }))
    return key
  } finally {
    await database.close()
  }
}

/** Undefined before the first start. */
export async function readSecrets (dataDir: string): Promise<Secrets | undefined> {
  const path = join(dataDir, file)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new Error(`${path} cannot be read (${error.code})`)
  })
  return text === undefined ? undefined : parse(text, path)
}

/** Puts a new key before the keys of this variable. What uses an old key keeps working. */
export async function rotateProviderKey (dataDir: DataDir, variable: string): Promise<void> {
  const stored = await readSecrets(dataDir.path)
  if (stored === undefined) throw new Error(`\`carillon up\` has no keys in ${dataDir.path}`)
  const providerKeys = addMissing(stored.providerKeys)
  const known = stored.providerKeys[variable]
  const rotated = known === undefined ? providerKeys : { ...providerKeys, [variable]: `${keyGenerators()[variable]?.()},${known}` }
  await dataDir.writeSecret(file, JSON.stringify({ ...stored, providerKeys: rotated }))
}

/** A provider that was added since the last run gets its key now. */
function addMissing (known: Record<string, string> = {}): Record<string, string> {
  const missing = Object.entries(keyGenerators()).filter(([name]) => known[name] === undefined)
  return { ...known, ...Object.fromEntries(missing.map(([name, generate]) => [name, generate()])) }
}

function parse (text: string, path: string): Secrets {
  try {
    const { keys, operatorKey, providerKeys = {} }: Partial<Secrets> = JSON.parse(text)
    if (typeof keys === 'string' && parseVaultKeys(keys)) return { keys, ...(typeof operatorKey === 'string' ? { operatorKey } : {}), providerKeys }
  } catch {}
  // Do not replace the keys: without the old ones, no sealed credential can be opened.
  throw new Error(`${path} is not valid; repair it, or delete it to start with new keys`)
}

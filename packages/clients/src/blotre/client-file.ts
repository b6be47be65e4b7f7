import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import type { BlotreClientInfo } from './client.ts'
import { readToken } from './objects.ts'
import type { BlotreToken } from './objects.ts'
import { isObject, parseJsonObject } from '@carillon/http'

/** A disposable client, in the file format of Blot're's other libraries. */
export interface BlotreClientFile {
  client: BlotreClientInfo
  creds: BlotreToken
  config: { url?: string }
}

/** Null when the file does not exist. Throws Error for any other file, which must not be overwritten. */
export async function readClientFile (path: string): Promise<BlotreClientFile | null> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const found = parse(text)
  if (found === undefined) throw new Error(`${path} does not hold a client of Blot're`)
  return found
}

/**
 * Replaces the file atomically, so a crash leaves the old or the new version. Only its owner can read it. Null deletes the
 * file.
 */
export async function keepClient (path: string, content: BlotreClientFile | null): Promise<void> {
  if (content === null) return await rm(path, { force: true })
  const draft = `${path}.${randomUUID()}`
  try {
    await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

function parse (text: string): BlotreClientFile | undefined {
  const json = parseJsonObject(text) ?? {}
  const client = isObject(json.client) ? json.client : {}
  const creds = readToken(json.creds)
  const { client_id: id, client_secret: secret, code } = client
  if (typeof id !== 'string' || typeof secret !== 'string' || creds === undefined) return undefined
  const url = isObject(json.config) && typeof json.config.url === 'string' ? { url: json.config.url } : {}
  return { client: { client_id: id, client_secret: secret, ...typeof code === 'string' && { code } }, creds, config: url }
}

import { randomBytes } from 'node:crypto'

export interface VaultKey {
  /** 1–32 letters, digits, `-` or `_`. Every value that the key sealed contains it. */
  id: string
  /** 32 bytes. */
  secret: Buffer
}

/**
 * Parses `id:base64,id:base64…`. The first key seals, and all of them open. Throws an Error that describes the invalid entry
 * and contains nothing of it but the id.
 */
export function parseVaultKeys (text: string): [VaultKey, ...VaultKey[]] {
  const [first, ...rest] = text.split(',').map((entry, index) => parseKey(entry.trim(), index + 1))
  if (first === undefined) throw new Error('has no key')
  const ids = [first, ...rest].map(({ id }) => id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) throw new Error(`has two keys named ${twice}`)
  return [first, ...rest]
}

/** The text that `parseVaultKeys` parses. */
export function formatVaultKeys (keys: VaultKey[]): string {
  return keys.map(({ id, secret }) => `${id}:${secret.toString('base64')}`).join(',')
}

/** A new key, with a random id. */
export function generateVaultKey (): string {
  return formatVaultKeys([{ id: randomBytes(4).toString('hex'), secret: randomBytes(32) }])
}

function parseKey (entry: string, position: number): VaultKey {
  const match = /^([\w-]{1,32}):([A-Za-z0-9+/_-]+={0,2})$/.exec(entry)
  if (match === null) throw new Error(`entry ${position} is not id:base64key`)
  const [, id = '', encoded = ''] = match
  const secret = Buffer.from(encoded, 'base64')
  if (secret.length !== 32) throw new Error(`key ${id} has ${secret.length} bytes instead of 32`)
  return { id, secret }
}

import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { VaultKey } from './keys.ts'
import { VaultError } from './vault-error.ts'

/** The one place where a sealed value may stand. It does not open anywhere else. */
export interface Place {
  table: string
  column: string
  id: string
}

export interface Vault {
  /** Text that is safe to store: `v1.<key id>.<base64url>`. The same plaintext seals differently each time. */
  seal: (plaintext: string, place: Place) => string
  /** The plaintext. Throws VaultError with a `code` that says why not. */
  open: (sealed: string, place: Place) => string
  /** 32 bytes for another `purpose`, one per key and in the keys' order: the first signs, all verify. */
  derive: (purpose: string) => [Buffer, ...Buffer[]]
}

const nonceBytes = 12
const tagBytes = 16
/** Key check, place check, ciphertext length, nonce and tag, before the ciphertext. */
const headerBytes = 4 + 8 + 4 + nonceBytes + tagBytes

/**
 * AES-256-GCM with the place as additional data. GCM alone only says that a value does not open; three short checks in
 * front (of the key, the place and the length) tell an operator why. They are authenticated along with the rest.
 */
export function createVault (keys: [VaultKey, ...VaultKey[]]): Vault {
  const [sealing] = keys
  return {
    seal: (plaintext, place) => {
      const nonce = randomBytes(nonceBytes)
      const text = Buffer.from(plaintext, 'utf8')
      const checks = checksOf(sealing, place, text.length)
      const cipher = createCipheriv('aes-256-gcm', sealing.secret, nonce).setAAD(additionalData(sealing.id, place, checks))
      const ciphertext = Buffer.concat([cipher.update(text), cipher.final()])
      return `v1.${sealing.id}.${Buffer.concat([checks, nonce, cipher.getAuthTag(), ciphertext]).toString('base64url')}`
    },

    open: (sealed, place) => {
      const [, keyId, encoded] = /^v1\.([\w-]{1,32})\.([\w-]*)$/.exec(sealed) ?? []
      if (keyId === undefined || encoded === undefined) throw new VaultError('malformed')
      const key = keys.find(({ id }) => id === keyId)
      if (key === undefined) throw new VaultError('unknownKey', keyId)

      const bytes = Buffer.from(encoded, 'base64url')
      if (bytes.length < headerBytes) throw new VaultError('truncated', keyId)
      const ciphertext = bytes.subarray(headerBytes)
      const checks = bytes.subarray(0, 16)
      const expected = checksOf(key, place, ciphertext.length)
      if (!checks.subarray(0, 4).equals(expected.subarray(0, 4))) throw new VaultError('wrongKey', keyId)
      if (!checks.subarray(4, 12).equals(expected.subarray(4, 12))) throw new VaultError('moved', keyId)
      if (checks.readUInt32BE(12) > ciphertext.length) throw new VaultError('truncated', keyId)
      // base64url can spell the same bytes differently, in the bits its last character does not use
      if (bytes.toString('base64url') !== encoded) throw new VaultError('tampered', keyId)

      const decipher = createDecipheriv('aes-256-gcm', key.secret, bytes.subarray(16, 16 + nonceBytes), { authTagLength: tagBytes })
        .setAAD(additionalData(keyId, place, checks))
        .setAuthTag(bytes.subarray(16 + nonceBytes, headerBytes))
      try {
        return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8')
      } catch {
        throw new VaultError('tampered', keyId)
      }
    },

    derive: (purpose) => {
      const subkey = ({ secret }: VaultKey): Buffer => Buffer.from(hkdfSync('sha256', secret, '', `carillon ${purpose}`, 32))
      const [first, ...rest] = keys
      return [subkey(first), ...rest.map(subkey)]
    }
  }
}

function checksOf (key: VaultKey, place: Place, length: number): Buffer {
  const checks = Buffer.alloc(16)
  createHmac('sha256', key.secret).update('carillon key check').digest().copy(checks, 0, 0, 4)
  createHash('sha256').update(nameOf(place)).digest().copy(checks, 4, 0, 8)
  checks.writeUInt32BE(length, 12)
  return checks
}

function additionalData (keyId: string, place: Place, checks: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`v1|${keyId}|${nameOf(place)}|`), checks])
}

function nameOf ({ table, column, id }: Place): string {
  return `${table}|${column}|${id}`
}

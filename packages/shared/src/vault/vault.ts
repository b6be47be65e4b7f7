import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { VaultKey } from './keys.ts'
import { VaultError } from './vault-error.ts'
import type { VaultErrorCode } from './vault-error.ts'

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
const checkBytes = 4 + 8 + 4
const headerBytes = checkBytes + nonceBytes + tagBytes

/**
 * AES-256-GCM with the place as additional data. GCM alone only says that a value does not open; three short checks in
 * front (of the key, the place and the length) tell an operator why. They are authenticated along with the rest, so nobody
 * looks at them while values open: a worker opens thousands in a second.
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
      const checks = bytes.subarray(0, checkBytes)
      const nonce = bytes.subarray(checkBytes, checkBytes + nonceBytes)
      const decipher = createDecipheriv('aes-256-gcm', key.secret, nonce, { authTagLength: tagBytes })
        .setAAD(additionalData(keyId, place, checks))
        .setAuthTag(bytes.subarray(checkBytes + nonceBytes, headerBytes))
      const plaintext = finish(() => Buffer.concat([decipher.update(ciphertext), decipher.final()]))
      if (plaintext === undefined) throw new VaultError(whyNot(checks, checksOf(key, place, ciphertext.length)), keyId)
      // base64url can spell the same bytes differently, in the bits its last character does not use
      if (bytes.toString('base64url') !== encoded) throw new VaultError('tampered', keyId)
      return plaintext.toString('utf8')
    },

    derive: (purpose) => {
      const subkey = ({ secret }: VaultKey): Buffer => Buffer.from(hkdfSync('sha256', secret, '', `carillon ${purpose}`, 32))
      const [first, ...rest] = keys
      return [subkey(first), ...rest.map(subkey)]
    }
  }
}

function checksOf (key: VaultKey, place: Place, length: number): Buffer {
  const checks = Buffer.alloc(checkBytes)
  createHmac('sha256', key.secret).update('carillon key check').digest().copy(checks, 0, 0, 4)
  createHash('sha256').update(nameOf(place)).digest().copy(checks, 4, 0, 8)
  checks.writeUInt32BE(length, 12)
  return checks
}

/** Undefined when GCM finds that something is not what was sealed. */
function finish (decipher: () => Buffer): Buffer | undefined {
  try {
    return decipher()
  } catch {
    return undefined
  }
}

/** Which of the checks in front is not what it should be; with all of them right it is the rest that was changed. */
function whyNot (checks: Buffer, expected: Buffer): VaultErrorCode {
  if (!checks.subarray(0, 4).equals(expected.subarray(0, 4))) return 'wrongKey'
  if (!checks.subarray(4, 12).equals(expected.subarray(4, 12))) return 'moved'
  return checks.readUInt32BE(12) > expected.readUInt32BE(12) ? 'truncated' : 'tampered'
}

function additionalData (keyId: string, place: Place, checks: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`v1|${keyId}|${nameOf(place)}|`), checks])
}

function nameOf ({ table, column, id }: Place): string {
  return `${table}|${column}|${id}`
}

import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { VaultKey } from './keys.ts'
import { VaultError } from './vault-error.ts'
import type { VaultErrorCode } from './vault-error.ts'

/** The row and column of a sealed value. The value does not open for another one. */
export interface SealContext {
  table: string
  column: string
  id: string
}

export interface Vault {
  /** Text that is safe to store: `v1.<key id>.<base64url>`. The same plaintext seals differently each time. */
  seal: (plaintext: string, context: SealContext) => string
  /** Returns the plaintext. Throws VaultError with a `code` for the reason. */
  open: (sealed: string, context: SealContext) => string
  /** Derives 32 bytes for a `purpose` from each key, in the order of the keys: the first signs, and all verify. */
  derive: (purpose: string) => [Buffer, ...Buffer[]]
}

/** What a sealed value contains about its key. The fingerprint differs between keys of the same id, and reveals nothing. */
export interface KeyIdentity {
  id: string
  /** The first characters of the third part of the value: 30 bits of the key check. */
  fingerprint: string
}

const nonceBytes = 12
const tagBytes = 16
/** Key check, context check and ciphertext length. The nonce, the tag and the ciphertext follow. */
const checkBytes = 4 + 8 + 4
const headerBytes = checkBytes + nonceBytes + tagBytes
/** These characters consist of bits of the key check only. */
const fingerprintLength = 5

/**
 * Uses AES-256-GCM with the context as additional data. GCM only reports that a value does not open. Three short checks (key,
 * context and length) give the operator the reason. They are authenticated too, and compared only after an error, to save time.
 */
export function createVault (keys: [VaultKey, ...VaultKey[]]): Vault {
  const [sealing] = keys
  return {
    seal: (plaintext, context) => {
      const nonce = randomBytes(nonceBytes)
      const text = Buffer.from(plaintext, 'utf8')
      const checks = checksOf(sealing, context, text.length)
      const cipher = createCipheriv('aes-256-gcm', sealing.secret, nonce).setAAD(additionalData(sealing.id, context, checks))
      const ciphertext = Buffer.concat([cipher.update(text), cipher.final()])
      return `v1.${sealing.id}.${Buffer.concat([checks, nonce, cipher.getAuthTag(), ciphertext]).toString('base64url')}`
    },

    open: (sealed, context) => {
      const match = /^v1\.([\w-]{1,32})\.([\w-]*)$/.exec(sealed)
      if (match === null) throw new VaultError('malformed')
      const [, keyId = '', encoded = ''] = match
      const key = keys.find(({ id }) => id === keyId)
      if (key === undefined) throw new VaultError('unknownKey', keyId)

      const bytes = Buffer.from(encoded, 'base64url')
      if (bytes.length < headerBytes) throw new VaultError('truncated', keyId)
      const ciphertext = bytes.subarray(headerBytes)
      const checks = bytes.subarray(0, checkBytes)
      const nonce = bytes.subarray(checkBytes, checkBytes + nonceBytes)
      const decipher = createDecipheriv('aes-256-gcm', key.secret, nonce, { authTagLength: tagBytes })
        .setAAD(additionalData(keyId, context, checks))
        .setAuthTag(bytes.subarray(checkBytes + nonceBytes, headerBytes))
      const plaintext = finish(() => Buffer.concat([decipher.update(ciphertext), decipher.final()]))
      if (plaintext === undefined) throw new VaultError(reasonToRefuse(checks, checksOf(key, context, ciphertext.length)), keyId)
      // The last character of base64url has unused bits, so different texts may decode to the same bytes.
      if (bytes.toString('base64url') !== encoded) throw new VaultError('tampered', keyId)
      return plaintext.toString('utf8')
    },

    derive: (purpose) => {
      const [first, ...rest] = deriveKeys(keys, purpose)
      return [first.secret, ...rest.map(({ secret }) => secret)]
    }
  }
}

/** Derives a key with the same id for a `purpose` from each key. The derived keys do not reveal these. */
export function deriveKeys ([first, ...rest]: [VaultKey, ...VaultKey[]], purpose: string): [VaultKey, ...VaultKey[]] {
  const derive = ({ id, secret }: VaultKey): VaultKey => ({
    id, secret: Buffer.from(hkdfSync('sha256', secret, '', `carillon ${purpose}`, 32))
  })
  return [derive(first), ...rest.map(derive)]
}

export function identifyKey (key: VaultKey): KeyIdentity {
  return { id: key.id, fingerprint: keyCheckOf(key).toString('base64url').slice(0, fingerprintLength) }
}

function keyCheckOf ({ secret }: VaultKey): Buffer {
  return createHmac('sha256', secret).update('carillon key check').digest().subarray(0, 4)
}

function checksOf (key: VaultKey, context: SealContext, length: number): Buffer {
  const checks = Buffer.alloc(checkBytes)
  keyCheckOf(key).copy(checks, 0)
  createHash('sha256').update(nameOf(context)).digest().copy(checks, 4, 0, 8)
  checks.writeUInt32BE(length, 12)
  return checks
}

/** Undefined when the value was changed. */
function finish (decipher: () => Buffer): Buffer | undefined {
  try {
    return decipher()
  } catch {
    return undefined
  }
}

/** The first check that differs. If none differs, the rest was changed. */
function reasonToRefuse (checks: Buffer, expected: Buffer): VaultErrorCode {
  if (!checks.subarray(0, 4).equals(expected.subarray(0, 4))) return 'wrongKey'
  if (!checks.subarray(4, 12).equals(expected.subarray(4, 12))) return 'moved'
  return checks.readUInt32BE(12) > expected.readUInt32BE(12) ? 'truncated' : 'tampered'
}

function additionalData (keyId: string, context: SealContext, checks: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`v1|${keyId}|${nameOf(context)}|`), checks])
}

function nameOf ({ table, column, id }: SealContext): string {
  return `${table}|${column}|${id}`
}

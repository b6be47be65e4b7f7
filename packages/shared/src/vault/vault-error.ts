const messages = {
  malformed: 'is not something the vault has sealed',
  truncated: 'is cut short',
  unknownKey: 'was sealed with a key that is not configured any more',
  wrongKey: 'was sealed with another key of the same id',
  moved: 'was sealed for another place',
  tampered: 'has been changed since it was sealed'
} as const

export type VaultErrorCode = keyof typeof messages

/** Why a sealed value cannot be opened. The message contains at most the key's id, never the value or a key. */
export class VaultError extends Error {
  override readonly name = 'VaultError'
  readonly code: VaultErrorCode

  constructor (code: VaultErrorCode, keyId?: string) {
    super(`The sealed value ${messages[code]}${keyId === undefined ? '' : ` (key ${keyId})`}`)
    this.code = code
  }
}

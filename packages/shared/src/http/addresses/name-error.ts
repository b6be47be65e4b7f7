export type NameErrorCode = 'NO_ADDRESS' | 'LOOKUP_FAILED' | 'LOOKUP_TIMEOUT' | 'LOOKUP_CANCELED'

/**
 * A host name gave no address to connect to. `NO_ADDRESS` stands for a name that does not exist and for one whose addresses
 * are all refused: the user who supplied the name must not learn which, because that tells about our network.
 */
export class NameError extends Error {
  override readonly name = 'NameError'
  readonly code: NameErrorCode

  constructor (code: NameErrorCode) {
    super(code)
    this.code = code
  }

  /** Makes a NameError of what node:dns threw. */
  static of (error: unknown): NameError {
    if (error instanceof NameError) return error
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EBADNAME') return new NameError('NO_ADDRESS')
    return new NameError(code === 'ETIMEOUT' ? 'LOOKUP_TIMEOUT' : code === 'ECANCELLED' ? 'LOOKUP_CANCELED' : 'LOOKUP_FAILED')
  }
}

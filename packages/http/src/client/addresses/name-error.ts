export type NameErrorCode = 'NO_ADDRESS' | 'LOOKUP_FAILED' | 'LOOKUP_TIMEOUT' | 'LOOKUP_CANCELED'

/**
 * A host name has no address to connect to. `NO_ADDRESS` covers both a name that does not exist and one whose addresses are all
 * refused. The difference would reveal our network to the user who supplied the name.
 */
export class NameError extends Error {
  override readonly name = 'NameError'
  readonly code: NameErrorCode

  constructor (code: NameErrorCode) {
    super(code)
    this.code = code
  }

  /** Converts an error of node:dns to a NameError. */
  static of (error: unknown): NameError {
    if (error instanceof NameError) return error
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EBADNAME') return new NameError('NO_ADDRESS')
    return new NameError(code === 'ETIMEOUT' ? 'LOOKUP_TIMEOUT' : code === 'ECANCELLED' ? 'LOOKUP_CANCELED' : 'LOOKUP_FAILED')
  }
}

/**
 * The store responds but cannot be used: the operator must change the variable or the store. The message names the variable and
 * contains no secret.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

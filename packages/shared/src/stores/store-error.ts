/**
 * A store that answers and cannot serve: waiting does not help, changing the variable or the store does. The message names
 * the variable and shows no secret.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

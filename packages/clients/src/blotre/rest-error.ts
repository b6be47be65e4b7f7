import type { Failure } from '@carillon/http'
import { ProviderError } from '@carillon/http'

/**
 * The REST API refused the request. `error` and `details` come from Blot're (empty and null if absent), without secrets of the
 * request. The message is ours.
 */
export class RestError extends ProviderError {
  declare readonly status: number
  readonly error: string
  readonly details: Record<string, unknown> | null

  constructor (failure: Failure, host: string, status: number, error: string, details: Record<string, unknown> | null) {
    super(failure, host, status)
    this.error = error
    this.details = details
  }
}

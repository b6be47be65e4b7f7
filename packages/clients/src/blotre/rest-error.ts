import type { Failure } from '@carillon/http'
import { ProviderError } from '@carillon/http'

/**
 * The REST API refused. `error` and `details` are Blot're's own words (empty and null where it sent none), without any
 * token that was sent; the message is ours.
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

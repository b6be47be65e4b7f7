import type { Failure } from '@carillon/http'
import { ProviderError } from '@carillon/http'

/**
 * The token endpoint refused the request with an error of RFC 6749 §5.2: `invalid_grant`, `invalid_client`,
 * `unsupported_grant_type`.
 */
export class TokenEndpointError extends ProviderError {
  readonly error: string
  readonly errorDescription: string

  constructor (failure: Failure, host: string, status: number, error: string, errorDescription: string) {
    super(failure, host, status)
    this.error = error
    this.errorDescription = errorDescription
  }
}

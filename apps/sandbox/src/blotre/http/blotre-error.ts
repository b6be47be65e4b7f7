/** What is wrong with a JSON body, by path, in Play's format. */
export type Details = Record<string, Array<{ msg: string[], args: unknown[] }>>

/** An error of the API; sent as `{type, error, details}`. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly details: Details | null
  readonly headers: Record<string, string>

  constructor (status: number, error: string, details: Details | null = null, headers: Record<string, string> = {}) {
    super(error)
    this.status = status
    this.details = details
    this.headers = headers
  }
}

/** An error of Play itself, which always sends HTML. */
export class PageError extends Error {
  override readonly name = 'PageError'
  readonly status: number

  constructor (status: number, text: string) {
    super(text)
    this.status = status
  }
}

/** An error of the token endpoint, always with status 400. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly code: 'invalid_grant' | 'invalid_client' | 'unsupported_grant_type'

  constructor (code: TokenError['code']) {
    super(code)
    this.code = code
  }
}

export function apiError (error: string, details: Details | null = null): object {
  return { type: 'Error', error, details }
}

export function notFound (error: string): ApiError {
  return new ApiError(404, error)
}

/** For the stream of another user. Blot're sends 401 where other services send 403. */
export function notPermitted (action: string): ApiError {
  return new ApiError(401, `User does not have permission to ${action}.`)
}

export function unprocessable (error: string): ApiError {
  return new ApiError(422, error)
}

/** For a missing or unknown token. Blot're sends no challenge. */
export function unauthorized (): ApiError {
  return new ApiError(401, 'Action requires authorization.')
}

/** The challenge tells clients to refresh. RFC 6750 requires a comma in it; Blot're sends none. */
export function expired (): ApiError {
  return new ApiError(401, 'Access token is expired.', null, {
    'www-authenticate': 'Bearer error="invalid_token" error_description="Access token is expired"'
  })
}

/** What was wrong with JSON, by path, as Play says it. */
export type Details = Record<string, Array<{ msg: string[], args: unknown[] }>>

/** An answer of the API other than success; sent as `{type, error, details}`. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
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

/** An answer of Play itself, which speaks HTML to everybody. */
export class PageFailure extends Error {
  override readonly name = 'PageFailure'
  readonly status: number

  constructor (status: number, text: string) {
    super(text)
    this.status = status
  }
}

export function apiError (error: string, details: Details | null = null): object {
  return { type: 'Error', error, details }
}

export function notFound (error: string): ApiFailure {
  return new ApiFailure(404, error)
}

/** Somebody else's stream: Blot're says 401 here, where others say 403. */
export function notPermitted (action: string): ApiFailure {
  return new ApiFailure(401, `User does not have permission to ${action}.`)
}

export function unprocessable (error: string): ApiFailure {
  return new ApiFailure(422, error)
}

/** Nobody, or somebody whose token is not known (any more): there is no challenge. */
export function unauthorized (): ApiFailure {
  return new ApiFailure(401, 'Action requires authorization.')
}

/** The challenge is how clients tell that refreshing will help. RFC 6750 asks for a comma in it; Blot're has none. */
export function expired (): ApiFailure {
  return new ApiFailure(401, 'Access token is expired.', null, {
    'www-authenticate': 'Bearer error="invalid_token" error_description="Access token is expired"'
  })
}

/** An `error` object without its trace. */
export interface ErrorDetails {
  message: string
  type?: 'OAuthException' | 'GraphMethodException'
  code: number
  error_subcode?: number
  error_user_title?: string
  error_user_msg?: string
  is_transient?: boolean
}

/** An error of the Graph API; sent as `{error}`. */
export class GraphError extends Error {
  override readonly name = 'GraphError'
  readonly status: number
  readonly details: ErrorDetails
  readonly headers: Record<string, string>

  constructor (details: ErrorDetails, headers: Record<string, string> = {}, status = 400) {
    super(details.message)
    this.details = details
    this.headers = headers
    this.status = status
  }
}

/** Facebook's general error, mostly for parameters. */
export function invalid (message: string): GraphError {
  return new GraphError({ message, code: 100 })
}

/** Facebook sends the same error for a missing object and for one that the token may not read. */
export function unsupported (method: string, id: string): GraphError {
  return new GraphError({
    message: `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, ` +
      'or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api',
    type: 'GraphMethodException',
    code: 100,
    error_subcode: 33
  })
}

export function tokenError (message: string, subcode?: number): GraphError {
  return new GraphError({ message, code: 190, ...subcode !== undefined && { error_subcode: subcode } })
}

export interface Trace {
  /** Increases, so that the order of errors is known. */
  next: () => string
  reset: () => void
}

export function createTrace (): Trace {
  let count = 0
  return {
    next: () => `A${String(++count).padStart(22, '0')}`,
    reset: () => { count = 0 }
  }
}

export function errorBody ({ message, type = 'OAuthException', ...rest }: ErrorDetails, trace: Trace): { error: object } {
  return { error: { message, type, ...rest, fbtrace_id: trace.next() } }
}

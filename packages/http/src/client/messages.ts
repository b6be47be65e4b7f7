/** One request. Redirects are never followed: a 3xx is returned like any other response. */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  /** The URL comes from a user, a site or a provider, so the guard applies even if its origin is trusted. */
  isGuarded?: boolean
  headers?: Record<string, string>
  /** An iterable is sent in chunks and needs the header `content-length`. */
  body?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined
  /** In bytes. A longer response fails as `tooLarge`. Default: 1 MiB. */
  maxResponseBytes?: number
  /** A longer response is returned without its rest instead, for responses whose body matters little. */
  cutsResponse?: boolean
  /** Replaces `totalTimeoutMs` and `headersTimeoutMs`, for example for a long upload, which delays the response. */
  timeoutMs?: number
}
/** A response, read to its end. Header names are lower-case. Repeated headers are joined by `, `. */
export interface HttpResponse {
  status: number
  headers: Record<string, string>
  body: Buffer
}

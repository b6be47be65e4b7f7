/** One request. Redirects are never followed: a 3xx is an answer like any other. */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  /** A user, a site or a provider has chosen the URL: it is guarded even where its origin is a trusted one. */
  isGuarded?: boolean
  headers?: Record<string, string>
  /** What is iterated is sent piece by piece, and needs the header `content-length`. */
  body?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined
  /** Bytes; a longer answer fails as `tooLarge`. Default 1 MiB. */
  maxResponseBytes?: number
  /** For the whole exchange, in place of `totalTimeoutMs` and of `headersTimeoutMs`: a long upload is answered late. */
  timeoutMs?: number
}
/** An answer, read to its end. Header names are lower-case; a header that came twice is joined by `, `. */
export interface HttpResponse {
  status: number
  headers: Record<string, string>
  body: Buffer
}

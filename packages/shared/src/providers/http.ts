/** One request. Redirects are never followed: a 3xx is an answer like any other. */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** Bytes; a longer answer fails as `tooLarge`. Default 1 MiB. */
  maxResponseBytes?: number
}

/** An answer, read to its end. Header names are lower-case. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: Buffer
}

/** HTTP for provider clients. `request` throws TransportError when no whole answer came. */
export interface Http {
  request: (request: HttpRequest, signal?: AbortSignal) => Promise<Answer>
  close: () => Promise<void>
}

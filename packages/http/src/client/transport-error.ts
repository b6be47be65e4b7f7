import { errors } from 'undici'

/** Why no complete response arrived. `closed`: our own client is shut down. `invalid`: the request cannot be sent. */
export type TransportCode =
  | 'refused' | 'unreachable' | 'reset' | 'timeout' | 'dns' | 'tls' | 'protocol' | 'tooLarge'
  | 'notAllowed' | 'invalid' | 'aborted' | 'closed' | 'failed'

const words: Record<TransportCode, string> = {
  refused: 'connection refused',
  unreachable: 'host unreachable',
  reset: 'connection lost before the whole answer came',
  timeout: 'no complete response in time',
  dns: 'no usable address for this host name',
  tls: 'no trusted TLS connection',
  protocol: 'response is not HTTP',
  tooLarge: 'response too large',
  notAllowed: 'not allowed',
  invalid: 'request cannot be sent',
  aborted: 'aborted',
  closed: 'HTTP client is closed',
  failed: 'request failed'
}

/**
 * No complete response arrived. `host` is the host of the URL. There is no `cause`: system errors contain the resolved address,
 * which would reveal our network to the author of the URL.
 */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly code: TransportCode
  readonly host: string
  /** The message without the host. */
  readonly reason: string
  /** The system's or undici's own code, such as `CERT_HAS_EXPIRED`. */
  readonly detail: string | undefined

  constructor (code: TransportCode, host: string, detail?: string) {
    const reason = words[code]
    super(`${host}: ${reason}${detail === undefined ? '' : ` (${detail})`}`)
    this.code = code
    this.host = host
    this.reason = reason
    this.detail = detail
  }
}

/** Converts an error of undici, net, tls, http2 or dns for a request to `host` to a TransportError. */
export function toTransportError (error: unknown, host: string): TransportError {
  if (error instanceof TransportError) return error
  const detail = systemCode(error)
  const [, code] = codes.find(([pattern]) => pattern.test(detail ?? '')) ?? []
  return new TransportError(code ?? 'failed', host, detail)
}

const codes: Array<[RegExp, TransportCode]> = [
  [/^ECONNREFUSED$/, 'refused'],
  [/^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL)$/, 'unreachable'],
  [/^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET|NGHTTP2_[A-Z0-9_]+|ERR_HTTP2_(GOAWAY|INVALID)_SESSION)$/, 'reset'],
  [/^(ETIMEDOUT|LOOKUP_TIMEOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/, 'timeout'],
  [/^(NO_ADDRESS|LOOKUP_FAILED|ENOTFOUND|EAI_[A-Z]+)$/, 'dns'],
  [/^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$)/, 'tls'],
  [/^(HPE|UND_ERR_RES_CONTENT_LENGTH_MISMATCH$|ERR_HTTP2_ERROR$)/, 'protocol'],
  [/^(UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_EXCEEDED_MAX_SIZE)$/, 'tooLarge'],
  [/^(UND_ERR_INVALID_ARG|UND_ERR_NOT_SUPPORTED|UND_ERR_REQ_CONTENT_LENGTH_MISMATCH|ERR_INVALID_[A-Z_]+)$/, 'invalid'],
  [/^(UND_ERR_CLOSED|UND_ERR_DESTROYED)$/, 'closed'],
  [/^(UND_ERR_ABORTED|LOOKUP_CANCELED)$/, 'aborted']
]

/**
 * Two errors have no code: undici's parser error in some cases, and Node's AggregateError for a name with several addresses.
 */
function systemCode (error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  if (error instanceof errors.HTTPParserError) return 'HPE'
  return error instanceof AggregateError ? systemCode(error.errors[0]) : undefined
}

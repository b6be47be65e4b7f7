/** In the order of their numbers (RFC 9113 §7). */
const names = [
  'NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED', 'FRAME_SIZE_ERROR',
  'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM', 'INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'
]

/** A stream ended without a whole response. `code` names the reason, such as `NGHTTP2_INTERNAL_ERROR`. */
export class Http2Error extends Error {
  readonly code: string

  constructor (errorCode: number) {
    super('the stream ended without a whole response')
    this.code = `NGHTTP2_${names[errorCode] ?? errorCode}`
  }
}

const pieceBytes = 64 * 1024

/**
 * A request body that is sent in chunks. TLS copies a body that is one buffer for each request. These chunks are shared between
 * all requests that send them. The body can be sent more than once. The request needs `content-length`.
 */
export function splitBody (parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  return {
    async * [Symbol.asyncIterator] () {
      for (const part of parts) {
        for (let at = 0; at < part.length; at += pieceBytes) yield part.subarray(at, at + pieceBytes)
      }
    }
  }
}

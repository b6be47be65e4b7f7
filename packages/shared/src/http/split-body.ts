const pieceBytes = 64 * 1024

/**
 * A request body that is sent piece by piece. TLS copies a body that is given as a whole, for each request; this one it does
 * not copy, however many requests send it at a time. It can be sent more than once. The request needs `content-length`.
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

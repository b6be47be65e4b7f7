import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import type { Answer } from './http.ts'

type Decode = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer

const decoders = new Map<string, Decode>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['br', brotliDecompressSync],
  // Not every server adds the wrapper of zlib that RFC 9110 §8.4.1.2 asks for.
  ['deflate', (bytes, options) => isZlib(bytes) ? inflateSync(bytes, options) : inflateRawSync(bytes, options)]
])

/**
 * The body without its content encodings. Carillon asks for none, but an intermediary may add one. What cannot be decoded, or
 * would be longer than `maxBytes`, stays as it is.
 */
export function decodeBody ({ headers, body }: Pick<Answer, 'headers' | 'body'>, maxBytes: number): Buffer {
  const encodings = (headers['content-encoding'] ?? '').toLowerCase().split(',').map((name) => name.trim())
  const options = { maxOutputLength: maxBytes }
  try {
    return encodings.reduceRight<Buffer>((bytes, name) => decoders.get(name)?.(bytes, options) ?? bytes, body)
  } catch {
    return body
  }
}

function isZlib (bytes: Buffer): boolean {
  return bytes.length >= 2 && (bytes.readUInt8(0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0
}

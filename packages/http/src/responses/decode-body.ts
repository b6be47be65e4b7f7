import { promisify } from 'node:util'
import {
  brotliDecompress, brotliDecompressSync, gunzip, gunzipSync, inflate, inflateRaw, inflateRawSync, inflateSync
} from 'node:zlib'
import type { HttpResponse } from '../client/messages.ts'

interface Limit {
  maxOutputLength: number
}

interface Decoder {
  now: (bytes: Buffer, limit: Limit) => Buffer
  /** Runs on another thread, for bodies that may be large. */
  later: (bytes: Buffer, limit: Limit) => Promise<Buffer>
}

const gzip: Decoder = { now: gunzipSync, later: promisify<Buffer, Limit, Buffer>(gunzip) }
const brotli: Decoder = { now: brotliDecompressSync, later: promisify<Buffer, Limit, Buffer>(brotliDecompress) }
const zlib: Decoder = { now: inflateSync, later: promisify<Buffer, Limit, Buffer>(inflate) }
const raw: Decoder = { now: inflateRawSync, later: promisify<Buffer, Limit, Buffer>(inflateRaw) }

const decoders = new Map<string, (bytes: Buffer) => Decoder>([
  ['gzip', () => gzip],
  ['x-gzip', () => gzip],
  ['br', () => brotli],
  // RFC 9110 §8.4.1.2 requires the zlib wrapper, but some servers leave it out.
  ['deflate', (bytes) => isZlib(bytes) ? zlib : raw]
])

/**
 * Removes the content encodings of a body. Carillon requests none, but an intermediary may add one. A body that cannot be
 * decoded, or would be longer than `maxBytes`, stays unchanged.
 */
export function decodeBody ({ headers, body }: Pick<HttpResponse, 'headers' | 'body'>, maxBytes: number): Buffer {
  const limit = { maxOutputLength: maxBytes }
  try {
    return encodingsOf(headers).reduceRight<Buffer>((bytes, name) => decoders.get(name)?.(bytes).now(bytes, limit) ?? bytes, body)
  } catch {
    return body
  }
}

/** Removes the content encodings of a file. Undefined for an unknown encoding. Rejects with zlib's error for invalid data. */
export async function decodeFile (
  { headers, body }: Pick<HttpResponse, 'headers' | 'body'>, maxBytes: number
): Promise<Buffer | undefined> {
  let bytes = body
  for (const name of encodingsOf(headers).reverse()) {
    const decoder = decoders.get(name)?.(bytes)
    if (decoder === undefined) return undefined
    bytes = await decoder.later(bytes, { maxOutputLength: maxBytes })
  }
  return bytes
}

function encodingsOf (headers: HttpResponse['headers']): string[] {
  const names = (headers['content-encoding'] ?? '').toLowerCase().split(',').map((name) => name.trim())
  return names.filter((name) => name !== '' && name !== 'identity')
}

function isZlib (bytes: Buffer): boolean {
  return bytes.length >= 2 && (bytes.readUInt8(0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0
}

import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { decodeUtf8 } from '../input/json-body.ts'
import { Problem } from '../problems/problem.ts'

/** A body up to this size is kept, so that it can be sent again after the token was refreshed. */
const maxReplayedBytes = 1024 * 1024
/** Larger bodies are streamed and sent once, up to this size. */
const maxForwardedBytes = 32 * 1024 * 1024

export type ForwardedBody =
  | { kind: 'none' }
  | { kind: 'kept', bytes: Buffer }
  /** `tooLarge` becomes true when the caller sends more than `maxForwardedBytes`. Then the stream ends with an error. */
  | { kind: 'stream', stream: Readable, length: string | undefined, state: { tooLarge: boolean } }

/** Reads as much of a body as can be kept. Throws Problem `bodyTooLarge` when its declared length is too large. */
export async function readForwardedBody (request: IncomingMessage): Promise<ForwardedBody> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (encoding === undefined && (length === undefined || length === '0')) return { kind: 'none' }
  if (Number(length ?? 0) > maxForwardedBytes) throw tooLarge()

  const chunks: Buffer[] = []
  let size = 0
  const iterator: AsyncIterator<Buffer> = request[Symbol.asyncIterator]()
  while (size <= maxReplayedBytes) {
    const { value, done } = await iterator.next()
    if (done === true) return { kind: 'kept', bytes: Buffer.concat(chunks, size) }
    chunks.push(value)
    size += value.length
  }
  const state = { tooLarge: false }
  return { kind: 'stream', stream: Readable.from(rest(chunks, iterator, state), { objectMode: false }), length, state }
}

/** The text of a form body (RFC 5849 §3.4.1.3.1); null for a form that is too long to keep. */
export function formOf (headers: Record<string, string | string[]>, body: ForwardedBody): string | null | undefined {
  const type = String(headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (body.kind === 'none' || type !== 'application/x-www-form-urlencoded' || headers['content-encoding'] !== undefined) return undefined
  return body.kind === 'kept' ? decodeUtf8(body.bytes) : null
}

export function tooLarge (): Problem {
  return new Problem('bodyTooLarge', `The body is larger than ${maxForwardedBytes} bytes`)
}

async function * rest (
  firstChunks: Buffer[], iterator: AsyncIterator<Buffer>, state: { tooLarge: boolean }
): AsyncGenerator<Buffer> {
  let size = 0
  for (const chunk of firstChunks) {
    size += chunk.length
    yield chunk
  }
  for (;;) {
    const { value, done } = await iterator.next()
    if (done === true) return
    size += value.length
    if (size > maxForwardedBytes) {
      state.tooLarge = true
      throw tooLarge()
    }
    yield value
  }
}

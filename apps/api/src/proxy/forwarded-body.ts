import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { decodeUtf8 } from '../input/json-body.ts'
import { Problem } from '../problems/problem.ts'

/** Kept, so that it can be sent once more when the token has to be refreshed first. */
export const mostReplayedBytes = 1024 * 1024
/** Larger bodies are passed on as they come and sent once. This is the end of that. */
export const mostBytes = 32 * 1024 * 1024

export type ForwardedBody =
  | { kind: 'none' }
  | { kind: 'kept', bytes: Buffer }
  /** `tooLarge` turns true when the caller has sent more than `mostBytes`, which ends the stream with an error. */
  | { kind: 'stream', stream: Readable, length: string | undefined, state: { tooLarge: boolean } }

/** Reads a body as far as it can be kept. Throws `bodyTooLarge` where the caller says so beforehand. */
export async function readForwardedBody (request: IncomingMessage): Promise<ForwardedBody> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (encoding === undefined && (length === undefined || length === '0')) return { kind: 'none' }
  if (Number(length ?? 0) > mostBytes) throw tooLarge()

  const chunks: Buffer[] = []
  let size = 0
  const iterator: AsyncIterator<Buffer> = request[Symbol.asyncIterator]()
  while (size <= mostReplayedBytes) {
    const { value, done } = await iterator.next()
    if (done === true) return { kind: 'kept', bytes: Buffer.concat(chunks, size) }
    chunks.push(value)
    size += value.length
  }
  const state = { tooLarge: false }
  return { kind: 'stream', stream: Readable.from(rest(chunks, iterator, state), { objectMode: false }), length, state }
}

/** The text of a body that is a form (RFC 5849 §3.4.1.3.1); null where it is one, and longer than what is kept. */
export function formOf (headers: Record<string, string | string[]>, body: ForwardedBody): string | null | undefined {
  const type = String(headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (body.kind === 'none' || type !== 'application/x-www-form-urlencoded' || headers['content-encoding'] !== undefined) return undefined
  return body.kind === 'kept' ? decodeUtf8(body.bytes) : null
}

export function tooLarge (): Problem {
  return new Problem('bodyTooLarge', `The body is larger than ${mostBytes} bytes`)
}

async function * rest (begun: Buffer[], iterator: AsyncIterator<Buffer>, state: { tooLarge: boolean }): AsyncGenerator<Buffer> {
  let size = 0
  for (const chunk of begun) {
    size += chunk.length
    yield chunk
  }
  for (;;) {
    const { value, done } = await iterator.next()
    if (done === true) return
    size += value.length
    if (size > mostBytes) {
      state.tooLarge = true
      throw tooLarge()
    }
    yield value
  }
}

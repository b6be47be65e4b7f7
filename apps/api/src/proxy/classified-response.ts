import { Readable } from 'node:stream'
import type { HttpResponse, StreamedResponse } from '@carillon/http'
import type { Provider } from '@carillon/shared/providers'

/** Error responses about a token are short. */
const maxClassifiedBytes = 64 * 1024

/** A response with its whole body, the part of it that was read, and what it says about the credentials. */
export interface ClassifiedResponse {
  answer: StreamedResponse
  /** Has the body of a short error response. Other bodies are empty. */
  read: HttpResponse
  credentialsError: 'expired' | 'unauthorized' | null
}

/** Reads short error responses to find out whether they are about the credentials. The body stays complete. */
export async function classifyResponse (provider: Provider, answer: StreamedResponse): Promise<ClassifiedResponse> {
  const unread = { status: answer.status, headers: flat(answer.headers), body: Buffer.alloc(0) }
  if (answer.status < 400 || provider.classifyCredentials === undefined) return { credentialsError: null, answer, read: unread }
  const chunks: Buffer[] = []
  let size = 0
  let ended = false
  const iterator: AsyncIterator<Buffer> = answer.body[Symbol.asyncIterator]()
  while (!ended && size <= maxClassifiedBytes) {
    const { value, done } = await iterator.next()
    ended = done === true
    if (ended) break
    chunks.push(value)
    size += value.length
  }
  const body = Buffer.concat(chunks, size)
  if (!ended) {
    const whole = Readable.from(rest(body, iterator), { objectMode: false })
    return { credentialsError: null, answer: { ...answer, body: whole }, read: unread }
  }
  const read = { ...unread, body }
  return {
    credentialsError: provider.classifyCredentials(read),
    answer: { ...answer, body: Readable.from(body.length === 0 ? [] : [body], { objectMode: false }) },
    read
  }
}

function flat (headers: StreamedResponse['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]))
}

async function * rest (firstChunk: Buffer, iterator: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield firstChunk
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
}

import { Readable } from 'node:stream'
import type { Answer, StreamedAnswer } from '@carillon/shared/http'
import type { Provider } from '@carillon/shared/providers'

/** Refusals of a token are short. */
const mostJudgedBytes = 64 * 1024

/** An answer as good as new, what has been read of it, and what it says about the credentials. */
export interface Judged {
  answer: StreamedAnswer
  /** Without a body, unless that is a refusal's and short. */
  read: Answer
  verdict: 'expired' | 'unauthorized' | null
}

/** Reads as much of a refusal as may be about the credentials. The part that had to be read comes first again. */
export async function judgeAnswer (provider: Provider, answer: StreamedAnswer): Promise<Judged> {
  const unread = { status: answer.status, headers: flat(answer.headers), body: Buffer.alloc(0) }
  if (answer.status < 400 || provider.judgeCredentials === undefined) return { verdict: null, answer, read: unread }
  const chunks: Buffer[] = []
  let size = 0
  let ended = false
  const iterator: AsyncIterator<Buffer> = answer.body[Symbol.asyncIterator]()
  while (!ended && size <= mostJudgedBytes) {
    const { value, done } = await iterator.next()
    ended = done === true
    if (ended) break
    chunks.push(value)
    size += value.length
  }
  const body = Buffer.concat(chunks, size)
  if (!ended) {
    const whole = Readable.from(rest(body, iterator), { objectMode: false })
    return { verdict: null, answer: { ...answer, body: whole }, read: unread }
  }
  const read = { ...unread, body }
  return {
    verdict: provider.judgeCredentials(read),
    answer: { ...answer, body: Readable.from(body.length === 0 ? [] : [body], { objectMode: false }) },
    read
  }
}

function flat (headers: StreamedAnswer['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]))
}

async function * rest (begun: Buffer, iterator: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield begun
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
}

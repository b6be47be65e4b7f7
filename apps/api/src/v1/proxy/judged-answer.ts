import { Readable } from 'node:stream'
import type { Provider, StreamedAnswer } from '@carillon/shared/providers'

/** Refusals of a token are short. */
const mostJudgedBytes = 64 * 1024

/**
 * What the provider's refusal says about the credentials, with the answer as good as new: the part that had to be read comes
 * first again.
 */
export async function judgeAnswer (
  provider: Provider, answer: StreamedAnswer
): Promise<{ verdict: 'expired' | 'unauthorized' | null, answer: StreamedAnswer }> {
  if (answer.status < 400 || provider.judgeCredentials === undefined) return { verdict: null, answer }
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
  const begun = Buffer.concat(chunks, size)
  if (!ended) return { verdict: null, answer: { ...answer, body: Readable.from(rest(begun, iterator), { objectMode: false }) } }
  const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, [value].flat().join(', ')]))
  return {
    verdict: provider.judgeCredentials({ status: answer.status, headers, body: begun }),
    answer: { ...answer, body: Readable.from(begun.length === 0 ? [] : [begun], { objectMode: false }) }
  }
}

async function * rest (begun: Buffer, iterator: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield begun
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
}

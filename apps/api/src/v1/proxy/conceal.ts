import { Readable } from 'node:stream'
import type { StreamedAnswer } from '@carillon/shared/providers'
import { Problem } from '../../problems/problem.ts'

/**
 * The same answer with every one of `secrets` starred out, byte for byte, so that its length stays true. They are looked for as
 * they are and as they stand in an address. Throws Problem where they could not be seen.
 */
export function conceal (answer: StreamedAnswer, secrets: string[] = []): StreamedAnswer {
  const all = [...new Set(secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]))].filter((secret) => secret !== '')
  if (all.length === 0) return answer
  if (answer.headers['content-encoding'] !== undefined) {
    answer.body.destroy()
    throw new Problem('providerUnavailable', 'its answer is encoded, which it was not asked for')
  }
  const clean = (text: string) => all.reduce((rest, secret) => rest.replaceAll(secret, '*'.repeat(secret.length)), text)
  return {
    ...answer,
    headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, typeof value === 'string' ? clean(value) : value.map(clean)])),
    body: Readable.from(starredOut(answer.body, all.map((secret) => Buffer.from(secret))), { objectMode: false })
  }
}

/** A secret may lie across two chunks: as much as could be the beginning of one waits for the next. */
async function * starredOut (body: AsyncIterable<Buffer>, secrets: Buffer[]): AsyncGenerator<Buffer> {
  const longest = Math.max(...secrets.map(({ length }) => length))
  let held = Buffer.alloc(0)
  for await (const chunk of body) {
    const bytes = Buffer.concat([held, chunk])
    for (const secret of secrets) starOut(bytes, secret)
    const ready = Math.max(0, bytes.length - longest + 1)
    held = bytes.subarray(ready)
    if (ready > 0) yield bytes.subarray(0, ready)
  }
  if (held.length > 0) yield held
}

function starOut (bytes: Buffer, secret: Buffer): void {
  for (let at = bytes.indexOf(secret); at >= 0; at = bytes.indexOf(secret, at)) bytes.fill('*', at, at + secret.length)
}

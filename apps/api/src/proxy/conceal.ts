import { Readable } from 'node:stream'
import type { StreamedResponse } from '@carillon/http'
import { Problem } from '../problems/problem.ts'
import { secretForms } from './secret-forms.ts'

/**
 * Replaces `secrets` in a response by stars, byte for byte, so that the length stays the same. Finds them in all forms of
 * `secretForms`. Throws Problem for an encoded response, in which they could not be found.
 */
export function conceal (answer: StreamedResponse, secrets: string[] = []): StreamedResponse {
  // Longest first: a shorter secret may be the start of a longer one.
  const all = [...new Set(secrets.flatMap(secretForms))].sort((one, other) => other.length - one.length)
  if (all.length === 0) return answer
  if (answer.headers['content-encoding'] !== undefined) {
    answer.body.destroy()
    throw new Problem('providerUnavailable', 'The response of the provider is encoded, although the request did not allow that')
  }
  const clean = (text: string) => all.reduce((rest, secret) => rest.replaceAll(secret, '*'.repeat(secret.length)), text)
  return {
    ...answer,
    headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, typeof value === 'string' ? clean(value) : value.map(clean)])),
    body: Readable.from(starredOut(answer.body, all.map((secret) => Buffer.from(secret))), { objectMode: false })
  }
}

/** A secret may span two chunks, so the end of each chunk waits for the next one. */
async function * starredOut (body: AsyncIterable<Buffer>, secrets: Buffer[]): AsyncGenerator<Buffer> {
  const longest = Math.max(...secrets.map(({ length }) => length))
  let held = Buffer.alloc(0)
  for await (const chunk of body) {
    const bytes = Buffer.concat([held, chunk])
    const ready = Math.max(0, bytes.length - longest + 1)
    // Bytes after `ready` may be the start of a secret that the next chunk completes.
    for (const secret of secrets) starOut(bytes, secret, ready)
    held = bytes.subarray(ready)
    if (ready > 0) yield bytes.subarray(0, ready)
  }
  for (const secret of secrets) starOut(held, secret, held.length)
  if (held.length > 0) yield held
}

function starOut (bytes: Buffer, secret: Buffer, end: number): void {
  for (let at = bytes.indexOf(secret); at >= 0 && at < end; at = bytes.indexOf(secret, at)) bytes.fill('*', at, at + secret.length)
}

import { createReadStream } from 'node:fs'

/** A line that is not empty. Its text is undefined if it is not UTF-8. */
export interface Line {
  number: number
  text: string | undefined
}

const newline = 0x0A

/** The lines of a file, or of standard input for `-`, without a byte order mark at the start. */
export async function * readLines (file: string): AsyncGenerator<Line> {
  let number = 0
  for await (const bytes of split(file === '-' ? process.stdin : createReadStream(file))) {
    number++
    const text = decode(bytes)
    if (text?.trim() !== '') yield { number, text }
  }
}

/** Node's readline would replace bytes that are not UTF-8, and so change a token silently. */
async function * split (input: AsyncIterable<Uint8Array | string>): AsyncGenerator<Buffer> {
  let started: Buffer[] = []
  for await (const chunk of input) {
    let rest = Buffer.from(chunk)
    for (let end = rest.indexOf(newline); end !== -1; end = rest.indexOf(newline)) {
      yield Buffer.concat([...started, rest.subarray(0, end)])
      started = []
      rest = rest.subarray(end + 1)
    }
    if (rest.length > 0) started.push(rest)
  }
  if (started.length > 0) yield Buffer.concat(started)
}

/** Removes a byte order mark, as the Encoding Standard says. */
function decode (bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

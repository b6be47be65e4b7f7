import { createInterface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'
import { Writable } from 'node:stream'
import type { CommandContext } from '../command-context.ts'

/** Reads an API key: in a terminal after a question, without showing it, and otherwise the whole standard input. */
export async function readKey ({ input, output }: CommandContext['terminal']): Promise<string> {
  const key = (input.isTTY ? await askHidden(input, output) : await text(input)).trim()
  if (/^\S{1,200}$/.test(key)) return key
  throw new Error('the API key must be one word; pass it on standard input')
}

async function askHidden (input: NodeJS.ReadStream, output: NodeJS.WriteStream): Promise<string> {
  output.write('API key (it is not shown): ')
  const nowhere = new Writable({ write (_chunk, _encoding, done) { done() } })
  const readline = createInterface({ input, output: nowhere, terminal: true, historySize: 0 })
  try {
    return await readline.question('')
  } finally {
    readline.close()
    output.write('\n')
  }
}

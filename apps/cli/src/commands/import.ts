import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { openApiClient } from '../api-client.ts'
import type { ApiClient } from '../api-client.ts'
import type { CommandContext } from '../command-context.ts'

/** What one request may carry. */
const connectionsPerRequest = 1_000

interface Line {
  number: number
  value: unknown
}

interface Totals {
  imported: number
  failed: number
}

export function addImport (program: Command, { env, print }: CommandContext): void {
  program.command('import')
    .summary('bring tokens that the site already holds')
    .description('Brings connections in through the API. Every line of FILE is one, as JSON: ' +
      '{"userId", "provider", "credentials": {"accessToken", …}, "account"?: {"id", "name"}}. Without an account the provider is asked whose ' +
      'token it is. Users are made as needed; a connection that is there gets the new token. Running it again does no harm.')
    .argument('<file>', 'newline-delimited JSON, or - for standard input')
    .option('--json', 'print {"imported", "failed"} at the end and nothing else')
    .action(async (file: string, { json }: { json?: true }) => {
      const say = json === true ? () => {} : print
      const totals = await importLines(readLines(file), await openApiClient(env), say)
      print(json === true ? JSON.stringify(totals) : `${totals.imported} imported, ${totals.failed} failed`)
      if (totals.failed > 0) throw new Error(`${totals.failed} of ${totals.imported + totals.failed} lines were not imported`)
    })
}

async function importLines (lines: AsyncIterable<Line[]>, api: ApiClient, say: (line: string) => void): Promise<Totals> {
  const totals = { imported: 0, failed: 0 }
  for await (const batch of lines) {
    const answer = await api.post('/v1/connections/import', { connections: batch.map(({ value }) => value) }).catch((error: unknown) => {
      throw new Error(`lines ${batch[0]?.number} to ${batch.at(-1)?.number} (${totals.imported} imported before): ${String(error)}`)
    })
    for (const { index, error } of (answer as ImportAnswer).data) {
      if (error === undefined) totals.imported++
      else {
        totals.failed++
        say(`line ${batch[index]?.number}: ${error.reason}`)
      }
    }
    say(`${totals.imported + totals.failed} lines done`)
  }
  return totals
}

interface ImportAnswer {
  data: Array<{ index: number, error?: { reason: string } }>
}

async function * readLines (file: string): AsyncIterable<Line[]> {
  const lines = file === '-' ? createInterface({ input: process.stdin }) : (await open(file)).readLines()
  let batch: Line[] = []
  let number = 0
  for await (const text of lines) {
    number++
    if (text.trim() === '') continue
    batch.push({ number, value: parse(text, number) })
    if (batch.length === connectionsPerRequest) {
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

/** The line itself is not repeated: it holds a token. */
function parse (text: string, number: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`line ${number} is not JSON`)
  }
}

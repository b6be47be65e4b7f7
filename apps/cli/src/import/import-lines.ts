import type { ApiClient } from '../api-client.ts'
import { ApiError } from '../api-error.ts'
import { given } from '../notifications/wish-options.ts'
import type { Line } from './read-lines.ts'

/** A line that was not imported, and why. Nothing of the line itself is repeated: it holds a token. */
export interface ImportFailure {
  line: number
  /** Where in the line the fault is, such as `account.name`. */
  path?: string
  /** The API's word for it, such as `unauthorized`. */
  code?: string
  message: string
}

export interface ImportTotals {
  imported: number
  failed: number
  /** The first ten thousand; `failed` counts all of them. */
  failures: ImportFailure[]
}

export interface ImportReport {
  onFailure: (failure: ImportFailure) => void
  onProgress: () => void
}

/** What one request carries at most: so many connections, and less text than the API's limit of 12 MiB. */
const maxLinesPerRequest = 1_000
const maxBytesPerRequest = 10 * 1024 * 1024
const maxFailuresKept = 10_000

/** Sends lines to the API in their order and adds up in `totals` what became of them. A line that fails stops no other. */
export async function importLines (
  lines: AsyncIterable<Line>, api: Pick<ApiClient, 'post'>, totals: ImportTotals, { onFailure, onProgress }: ImportReport
): Promise<void> {
  let batch: Sendable[] = []
  let bytes = 0
  for await (const line of lines) {
    const sendable = toSendable(line)
    if ('message' in sendable) {
      fail(sendable)
      continue
    }
    const isFull = batch.length === maxLinesPerRequest || bytes + sendable.bytes > maxBytesPerRequest
    if (isFull) await sendBatch()
    batch.push(sendable)
    bytes += sendable.bytes
  }
  if (batch.length > 0) await sendBatch()

  async function sendBatch (): Promise<void> {
    const sent = batch
    batch = []
    bytes = 0
    if (sent.length > 0) await send(sent)
    onProgress()
  }

  /** What the API refuses as a whole is sent in halves, until the line is found that is at fault. */
  async function send (sent: Sendable[]): Promise<void> {
    const [first] = sent
    const answer = await post(sent).catch((error: unknown) => {
      if (error instanceof ApiError && refusals.includes(error.status)) return error
      throw inLines(sent, error)
    })
    if (!(answer instanceof ApiError)) return count(sent, answer)
    if (first === undefined || sent.length > 1) {
      const half = Math.ceil(sent.length / 2)
      await send(sent.slice(0, half))
      await send(sent.slice(half))
    } else fail({ line: first.number, message: answer.message })
  }

  /** Sends text, not values: a large number that is parsed and written again is another. */
  async function post (sent: Sendable[]): Promise<ImportAnswer> {
    return await api.post('/v1/connections/import', `{"connections":[${sent.map(({ text }) => text).join(',')}]}`) as ImportAnswer
  }

  function count (sent: Sendable[], { data }: ImportAnswer): void {
    for (const { index, error } of data) {
      if (error === undefined) totals.imported++
      else fail({ line: sent[index]?.number ?? 0, ...given({ path: error.path, code: error.code }), message: error.reason })
    }
  }

  function fail (failure: ImportFailure): void {
    totals.failed++
    if (totals.failures.length < maxFailuresKept) totals.failures.push(failure)
    onFailure(failure)
  }
}

interface Sendable {
  number: number
  text: string
  bytes: number
}

interface ImportAnswer {
  data: Array<{ index: number, error?: { code: string, path?: string, reason: string } }>
}

/** The body as a whole is at fault, or too large: not the key, and not the server. */
const refusals = [400, 413, 422]

function toSendable ({ number, text }: Line): Sendable | ImportFailure {
  if (text === undefined) return { line: number, message: 'is not UTF-8' }
  const bytes = Buffer.byteLength(text) + 1
  if (bytes > maxBytesPerRequest) return { line: number, message: 'is longer than 10 MiB' }
  try {
    JSON.parse(text)
    return { number, text, bytes }
  } catch {
    return { line: number, message: 'is not JSON' }
  }
}

function inLines (sent: Sendable[], error: unknown): Error {
  const cause = error instanceof Error ? error : new Error(String(error))
  // Changed in place: its class has the exit code.
  return Object.assign(cause, { message: `lines ${sent[0]?.number} to ${sent.at(-1)?.number}: ${cause.message}` })
}

import type { ApiClient } from '../api-client.ts'
import { ApiError } from '../api-error.ts'
import { omitUndefined } from '../omit-undefined.ts'
import type { Line } from './read-lines.ts'

/** A line that was not imported, and the reason. It repeats nothing of the line, which holds a token. */
interface ImportFailure {
  line: number
  /** The invalid field, such as `account.name`. */
  path?: string
  /** The API's error code, such as `unauthorized`. */
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

/** The limits of one request: the number of connections, and less text than the API's 12 MiB. */
const maxLinesPerRequest = 1_000
const maxBytesPerRequest = 10 * 1024 * 1024
const maxFailuresKept = 10_000

/** Sends the lines to the API in order and counts the results in `totals`. A line that fails does not stop the others. */
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

  /** If the API refuses a batch as a whole, both halves are sent separately, down to the invalid line. */
  async function send (sent: Sendable[]): Promise<void> {
    const [first] = sent
    const response = await post(sent).catch((error: unknown) => {
      if (error instanceof ApiError && invalidBodyStatuses.includes(error.status)) return error
      throw inLines(sent, error)
    })
    if (!(response instanceof ApiError)) return count(sent, response)
    if (first === undefined || sent.length > 1) {
      const half = Math.ceil(sent.length / 2)
      await send(sent.slice(0, half))
      await send(sent.slice(half))
    } else fail({ line: first.number, message: response.message })
  }

  /** Sends the text of the lines: parsing and serializing would change large numbers. */
  async function post (sent: Sendable[]): Promise<ImportResponse> {
    return await api.post('/v1/connections/import', `{"connections":[${sent.map(({ text }) => text).join(',')}]}`) as ImportResponse
  }

  function count (sent: Sendable[], { data }: ImportResponse): void {
    for (const { index, error } of data) {
      if (error === undefined) totals.imported++
      else {
        const { path, code, reason: message } = error
        fail({ line: sent[index]?.number ?? 0, ...omitUndefined({ path, code }), message })
      }
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

interface ImportResponse {
  data: Array<{ index: number, error?: { code: string, path?: string, reason: string } }>
}

/** Statuses of an invalid or too large body, as opposed to a wrong key or a server error. */
const invalidBodyStatuses = [400, 413, 422]

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
  // Changed in place, because its class has the exit code.
  return Object.assign(cause, { message: `lines ${sent[0]?.number} to ${sent.at(-1)?.number}: ${cause.message}` })
}

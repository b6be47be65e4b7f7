import { fetchFile, tooLargeFailure } from './fetch-file.ts'
import type { FileStore, StoredFile } from './file-store.ts'
import { ProviderError } from '../responses/provider-error.ts'
import type { HttpContext } from '../responses/send-request.ts'

/** A file by reference, which is fetched through the guard, or by value in base64. */
export type FileSource = { url: string } | { data: string }

export interface FileContext extends HttpContext {
  /** Shares a file between all requests with the same `key`. Without it, each request loads the file. */
  files?: { store: FileStore, key: string }
}

/** The largest limit of all providers. */
const maxFileBytes = 26_214_400

/**
 * Runs `work` with the bytes of a file: decoded, or fetched once for all requests that share it. Throws
 * ProviderError: `rejected` when the file exceeds `maxBytes` or is not available, `transient` when its server fails
 * temporarily.
 */
export async function withFile<Result> (
  file: FileSource, maxBytes: number, context: FileContext, work: (bytes: Buffer) => Promise<Result>
): Promise<Result> {
  const { files, signal } = context
  if (files === undefined) return await work(checkSize(await load(file, maxBytes, context, signal), maxBytes))
  const loadBytes = 'url' in file ? 2 * maxFileBytes : Buffer.byteLength(file.data, 'base64')
  const stored: StoredFile = { key: files.key, loadBytes, load: (signal) => load(file, maxFileBytes, context, signal) }
  try {
    return await files.store.use(stored, signal, (bytes) => work(checkSize(bytes, maxBytes)))
  } catch (error) {
    if (error instanceof ProviderError || !signal.aborted) throw error
    throw new ProviderError({ kind: 'transient', reason: 'aborted' }, 'file', undefined, 'aborted')
  }
}

async function load (file: FileSource, maxBytes: number, context: FileContext, signal: AbortSignal): Promise<Buffer> {
  return 'url' in file ? await fetchFile(file.url, maxBytes, { ...context, signal }) : Buffer.from(file.data, 'base64')
}

function checkSize (bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length > maxBytes) throw new ProviderError(tooLargeFailure(maxBytes), 'attached file')
  return bytes
}

import { fetchFile, tooLargeFailure } from './fetch-file.ts'
import type { StoredFile } from './file-store.ts'
import type { MessageFile } from '../message.ts'
import type { RequestContext } from '../request-context.ts'
import { ProviderError } from '../provider-error.ts'

/** The largest limit of all providers. */
const maxFileBytes = 26_214_400

/**
 * Runs `work` with the bytes of a message's file: decoded, or fetched once for all recipients of the notification. Throws
 * ProviderError: `rejected` when the file exceeds `maxBytes` or is not available, `transient` when its server fails
 * temporarily.
 */
export async function withFile<Result> (
  file: MessageFile, maxBytes: number, context: RequestContext, work: (bytes: Buffer) => Promise<Result>
): Promise<Result> {
  const { files, signal } = context
  if (files === undefined) return await work(checkSize(await load(file, maxBytes, context, signal), maxBytes))
  const loadBytes = 'url' in file ? 2 * maxFileBytes : Buffer.byteLength(file.data, 'base64')
  const stored: StoredFile = { key: files.notificationId, loadBytes, load: (signal) => load(file, maxFileBytes, context, signal) }
  try {
    return await files.store.use(stored, signal, (bytes) => work(checkSize(bytes, maxBytes)))
  } catch (error) {
    if (error instanceof ProviderError || !signal.aborted) throw error
    throw new ProviderError({ kind: 'transient', reason: 'aborted' }, 'file', undefined, 'aborted')
  }
}

async function load (file: MessageFile, maxBytes: number, context: RequestContext, signal: AbortSignal): Promise<Buffer> {
  return 'url' in file ? await fetchFile(file.url, maxBytes, { ...context, signal }) : Buffer.from(file.data, 'base64')
}

function checkSize (bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length > maxBytes) throw new ProviderError(tooLargeFailure(maxBytes), 'attached file')
  return bytes
}

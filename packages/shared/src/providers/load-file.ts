import type { Judgement } from './ask.ts'
import { ask } from './ask.ts'
import type { Answer } from './http.ts'
import type { MessageFile } from './message.ts'
import type { Call } from './provider.ts'
import type { Verdict } from './provider-error.ts'
import { ProviderError } from './provider-error.ts'

/** For exchanges that carry a file: 25 MiB in this time is 2 Mbit/s. */
export const fileTimeoutMs = 120_000

/**
 * The bytes of a message's file: decoded, or fetched through the guarded client. Throws ProviderError `rejected` when
 * they are more than `maxBytes` or when the file is not to be had, `transient` when its server only fails just now.
 */
export async function loadFile (file: MessageFile, maxBytes: number, call: Call): Promise<Buffer> {
  const tooLarge: Verdict = { kind: 'rejected', reason: `file is larger than ${maxBytes} bytes` }
  if ('url' in file) {
    const request = { method: 'GET', url: file.url, isGuarded: true, maxResponseBytes: maxBytes, timeoutMs: fileTimeoutMs } as const
    return await ask(request, judgeTransfer, call, { tooLarge })
  }
  const bytes = Buffer.from(file.data, 'base64')
  if (bytes.length > maxBytes) throw new ProviderError(tooLarge, 'attached file')
  return bytes
}

/**
 * Judges servers that only hold files. Whatever they refuse says nothing about the account: a storage server's 403 must
 * not make a user connect again.
 */
export function judgeTransfer ({ status, body }: Answer): Judgement<Buffer> {
  if (status >= 200 && status < 300) return { kind: 'ok', value: body }
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    return { kind: 'transient', reason: 'file server cannot answer now' }
  }
  if (status >= 300 && status < 400) return { kind: 'rejected', reason: 'file server redirects, which is not followed' }
  return { kind: 'rejected', reason: 'file server refused' }
}

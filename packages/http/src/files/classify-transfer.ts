import type { Classification } from '../responses/send-request.ts'
import type { HttpResponse } from '../client/messages.ts'

/**
 * Classifies the response of a file server. A refusal says nothing about the account: a storage server's 403 must not make a
 * user reconnect.
 */
export function classifyTransfer ({ status, body }: HttpResponse): Classification<Buffer> {
  if (status >= 200 && status < 300) return { kind: 'ok', value: body }
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    return { kind: 'transient', reason: 'file server is not available now' }
  }
  if (status >= 300 && status < 400) return { kind: 'rejected', reason: 'file server redirects without a usable address' }
  return { kind: 'rejected', reason: 'file server refused' }
}

import { ProviderError } from '@carillon/http'
import type { InboundReader } from '../inbound.ts'
import { readSignedRequest } from './signed-request.ts'

/**
 * Facebook's callbacks: `deauthorize` when a user has removed the app, `delete` when a user requests the deletion of their data.
 * Both send a form with a `signed_request`.
 */
export function createInboundReader (clientSecret: string, host: string): InboundReader {
  return {
    maxBytes: 4_096,
    callbacks: ['deauthorize', 'delete'],
    read ({ body, callback }) {
      const fields = new URLSearchParams(body.toString())
      const { userId: accountId, issuedAt, content: id } = readSignedRequest(fields.get('signed_request') ?? '', clientSecret, host)
      if (callback === 'deauthorize') {
        return { id, events: [{ kind: 'accountRemoved', accountId, issuedAt }], respond: () => ({ body: { success: true } }) }
      }
      if (callback === 'delete') {
        const events = [{ kind: 'deletionRequested', accountId, issuedAt } as const]
        return { id, events, respond: ({ code, url }) => ({ body: { url, confirmation_code: code } }) }
      }
      throw new ProviderError({ kind: 'rejected', reason: 'signed_request is for no callback of the app' }, host)
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { handleNotice, storeMessage } from '@carillon/shared/inbound'
import { ProviderError } from '@carillon/shared/providers'
import type { InboundMessage, InboundReader, InboundRequest, InboundResponse, Provider } from '@carillon/shared/providers'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'

/** Providers wait for a response for 3 seconds, and send the message again after that. */
const maxHandlingMs = 1_500

/**
 * Verifies a provider's request, stores its events once, handles them, and returns the response. Events that take longer are
 * handled after the response. Throws Problem `badRequest` or `invalidSignature` for a request that is not the provider's.
 */
export async function receiveMessage (
  services: Services, provider: Provider, reader: InboundReader, request: InboundRequest
): Promise<InboundResponse> {
  const { database, log, now, site, vault } = services
  const message = await verify()
  if (message.events.length === 0) return responseOf(message, '')
  const { id, code } = await storeMessage(database, vault, provider.id, message)
  if (id !== undefined) await Promise.race([handle(id), sleep(maxHandlingMs, undefined, { ref: false })])
  return responseOf(message, code)

  async function verify (): Promise<InboundMessage> {
    try {
      return await reader.read(request, now())
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      const { kind, reason } = error.failure
      log.warn({ provider: provider.id, callback: request.callback, reason }, 'refused an inbound request')
      throw new Problem(kind === 'unauthorized' ? 'invalidSignature' : 'badRequest', reason)
    }
  }

  /** The notice is stored, so the worker repeats what fails here. */
  async function handle (id: string): Promise<void> {
    await handleNotice(services, id).catch((error: unknown) => {
      log.error({ err: error, provider: provider.id, noticeId: id }, 'could not handle a notice')
    })
  }

  function responseOf ({ respond }: InboundMessage, code: string): InboundResponse {
    return respond?.({ code, url: `${site.publicUrl}/connect/${provider.id}/deletions/${code}` }) ?? {}
  }
}

import { ConfigError } from '@carillon/shared/config'
import type { InboundListener } from '@carillon/shared/providers'
import type { Services } from '../services.ts'
import { receiveMessage } from './receive-message.ts'

/** Opens the servers of providers whose messages do not arrive over HTTP. Throws ConfigError when one cannot listen. */
export async function openListeners (services: Services, onOpen: (listener: InboundListener) => void): Promise<void> {
  const { log, now, providers } = services
  for (const provider of providers.values()) {
    const { inbound } = provider
    if (inbound?.listen === undefined) continue
    const listener = await inbound.listen({
      now,
      async receive (request) {
        await receiveMessage(services, provider, inbound, request).catch((error: unknown) => {
          log.error({ err: error, provider: provider.id }, 'could not store a message; its sender repeats it')
          throw error
        })
      },
      onError: (error) => { log.warn({ err: error, provider: provider.id }, 'a connection to the server for messages failed') }
    }).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : 'unknown error'
      throw new ConfigError([`${provider.name} cannot receive messages: ${reason}`])
    })
    onOpen(listener)
    log.info({ provider: provider.id, port: listener.port }, 'receives messages')
  }
}

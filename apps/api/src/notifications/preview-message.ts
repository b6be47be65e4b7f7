import { ProviderError } from '@carillon/shared/providers'
import type { Message, Provider, Rendered } from '@carillon/shared/providers'

export type MessagePreview = { shows: Rendered } | { refuses: string }

/** What recipients at this provider would see of the message, or the reason for which the provider would refuse it. */
export function previewMessage (provider: Provider | undefined, message: Message): MessagePreview | undefined {
  try {
    const shows = provider?.render?.(message)
    return shows === undefined ? undefined : { shows }
  } catch (error) {
    if (error instanceof ProviderError && error.failure.kind === 'rejected') return { refuses: error.failure.reason }
    throw error
  }
}

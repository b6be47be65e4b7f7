import { claimHandshake } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { ProviderError } from '@carillon/shared/providers'
import type { Grant, Provider } from '@carillon/shared/providers'
import type { Services } from '../services.ts'
import { connectProven } from './finish/connect-proven.ts'
import type { Outcome } from './outcome/handshake-outcome.ts'

/**
 * The result of a push subscription. After `wrong`, whose reason is a phrase about the subscription, the browser may subscribe
 * again; `over` means that the handshake has ended or another request is using it.
 */
export type SubscriptionResult = Outcome | { kind: 'wrong', reason: string } | { kind: 'over' }

/** Connects the browser that made this subscription. Only the browser knows it, so it needs no further proof. */
export async function submitSubscription (
  services: Services, provider: Provider, handshake: Handshake, subscription: unknown
): Promise<SubscriptionResult> {
  const grant = accept(provider, subscription)
  if ('kind' in grant) return grant
  if (!await claimHandshake(services.database, handshake, services.now())) return { kind: 'over' }
  return await connectProven(services, provider, handshake, grant)
}

function accept ({ id, handshakes: { subscribe } }: Provider, subscription: unknown): Grant | { kind: 'wrong', reason: string } {
  if (subscribe === undefined) throw new TypeError(`${id} has no handshakes with a subscription`)
  try {
    return subscribe.accept(subscription)
  } catch (error) {
    if (error instanceof ProviderError && error.failure.kind === 'rejected') return { kind: 'wrong', reason: error.failure.reason }
    throw error
  }
}

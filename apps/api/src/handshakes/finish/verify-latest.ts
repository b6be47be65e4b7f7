import { ProviderError } from '@carillon/shared/providers'
import type { Grant, Provider } from '@carillon/shared/providers'
import { newRequestContext } from '../../request-context.ts'
import type { Services } from '../../services.ts'
import { HandshakeFailure } from '../outcome/handshake-failure.ts'
import { toCompleteFailure } from '../outcome/provider-failure.ts'

const timeoutMs = 15_000

/**
 * Two users installed the same app at the same time, and only the provider knows which credentials are newer: it refreshes no
 * others. Returns the refreshed grant, or the grant with `keepsStored` when those of the other user are newer. Throws
 * HandshakeFailure.
 */
export async function verifyLatest (services: Services, provider: Provider, grant: Grant): Promise<Grant> {
  const { shared, expiresAt: replacedExpiry, ...rest } = grant
  if (shared === undefined || provider.refresh === undefined) throw new TypeError('Only refreshable credentials of shared grants overlap')
  if (shared.keepsStored === true) throw new HandshakeFailure('codeRefused', 'other credentials replaced these, and have ended')
  const requestedAt = new Date(services.now())
  try {
    const refreshed = await provider.refresh(grant.credentials, newRequestContext(services, timeoutMs))
    return { ...rest, ...refreshed, requestedAt, shared }
  } catch (error) {
    const isReplaced = error instanceof ProviderError && error.failure.kind === 'unauthorized'
    if (isReplaced) return { ...grant, shared: { ...shared, keepsStored: true } }
    throw toCompleteFailure(error)
  }
}

import { ProviderError } from '@carillon/shared/providers'
import type { RequestContext, Credentials, Provider } from '@carillon/shared/providers'
import { ConnectFailure } from './connect-failure.ts'
import type { CredentialsFile } from './credentials-file.ts'
import { findConnection, withoutConnection } from './kept.ts'
import type { KeptConnection, Place } from './kept.ts'
import { usable } from './reuse.ts'

/**
 * Revokes the credentials if the provider supports it, and removes them from the file. Undefined if there were none. If the
 * revocation fails, the file keeps them, so that the user can try again.
 */
export function remove (
  provider: Provider, place: Place, file: CredentialsFile, call: RequestContext
): Promise<{ removed: KeptConnection, isRevoked: boolean } | undefined> {
  return file.exclusively(async (kept, write) => {
    const removed = findConnection(kept, place)
    if (removed === undefined) return undefined
    const credentials = usable(provider, removed)
    const isRevoked = credentials !== undefined && await revoke(provider, credentials, call).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      throw new ConnectFailure('failed', `the access could not be revoked at the provider, so nothing was removed (${reason})`)
    })
    await write(withoutConnection(kept, place))
    return { removed, isRevoked }
  })
}

/** False if the provider does not support revocation. */
export async function revoke (provider: Provider, credentials: Credentials, call: RequestContext): Promise<boolean> {
  if (provider.revoke === undefined) return false
  await provider.revoke(credentials, call).catch((error: unknown) => {
    if (!(error instanceof ProviderError) || error.failure.kind !== 'unauthorized') throw error
  })
  return true
}

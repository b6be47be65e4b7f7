import { ProviderError } from '@carillon/shared/providers'
import type { RequestContext, Credentials, Provider } from '@carillon/shared/providers'
import { ConnectFailure } from './connect-failure.ts'
import type { CredentialsFile } from './credentials/credentials-file.ts'
import { findConnection, withoutConnection } from './credentials/stored-credentials.ts'
import type { StoredConnection, ConnectionKey } from './credentials/stored-credentials.ts'
import { readCredentials } from './reuse.ts'

/**
 * Revokes the credentials if the provider supports it, and removes them from the file. Undefined if there were none. If the
 * revocation fails, the file keeps them, so that the user can try again.
 */
export function remove (
  provider: Provider, key: ConnectionKey, file: CredentialsFile, requestContext: RequestContext
): Promise<{ removed: StoredConnection, isRevoked: boolean } | undefined> {
  return file.withLock(async (stored, write) => {
    const removed = findConnection(stored, key)
    if (removed === undefined) return undefined
    const credentials = readCredentials(provider, removed)
    const isRevoked = credentials !== undefined && await revoke(provider, credentials, requestContext).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      throw new ConnectFailure('failed', `the access could not be revoked at the provider, so nothing was removed (${reason})`)
    })
    await write(withoutConnection(stored, key))
    return { removed, isRevoked }
  })
}

/** False if the provider does not support revocation. */
export async function revoke (provider: Provider, credentials: Credentials, requestContext: RequestContext): Promise<boolean> {
  if (provider.revoke === undefined) return false
  await provider.revoke(credentials, requestContext).catch((error: unknown) => {
    if (!(error instanceof ProviderError) || error.failure.kind !== 'unauthorized') throw error
  })
  return true
}

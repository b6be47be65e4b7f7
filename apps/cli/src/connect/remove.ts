import { ProviderError } from '@carillon/shared/providers'
import type { Call, Credentials, Provider } from '@carillon/shared/providers'
import { ConnectFailure } from './connect-failure.ts'
import type { CredentialsFile } from './credentials-file.ts'
import { findConnection, withoutConnection } from './kept.ts'
import type { KeptConnection, Place } from './kept.ts'
import { usable } from './reuse.ts'

/**
 * Ends the credentials at the provider where that can be done, and takes them out of the file. Undefined when there were none.
 * Those that could not be ended stay: nobody else knows them.
 */
export function remove (
  provider: Provider, place: Place, file: CredentialsFile, call: Call
): Promise<{ removed: KeptConnection, isRevoked: boolean } | undefined> {
  return file.exclusively(async (kept, write) => {
    const removed = findConnection(kept, place)
    if (removed === undefined) return undefined
    const credentials = usable(provider, removed)
    const isRevoked = credentials !== undefined && await revoke(provider, credentials, call).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      throw new ConnectFailure('failed', `access could not be ended at the provider, so nothing was removed (${why})`)
    })
    await write(withoutConnection(kept, place))
    return { removed, isRevoked }
  })
}

/** False where the provider has no way to do it. */
export async function revoke (provider: Provider, credentials: Credentials, call: Call): Promise<boolean> {
  if (provider.revoke === undefined) return false
  await provider.revoke(credentials, call).catch((error: unknown) => {
    if (!(error instanceof ProviderError) || error.verdict.kind !== 'unauthorized') throw error
  })
  return true
}

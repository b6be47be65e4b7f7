import { ProviderError } from '@carillon/shared/providers'
import type { RequestContext, Credentials, Provider } from '@carillon/shared/providers'
import type { CredentialsFile } from './credentials-file.ts'
import { findConnection, withConnection } from './kept.ts'
import type { KeptConnection, Place } from './kept.ts'

/** The result of checking stored credentials. */
export type Reused = { kind: 'alive' | 'refreshed', connection: KeptConnection } | { kind: 'dead', reason: string }

/** Checks stored credentials at the provider and refreshes expired ones. Throws if the provider is unavailable. */
export async function reuse (
  provider: Provider, place: Place, connection: KeptConnection, file: CredentialsFile, call: RequestContext
): Promise<Reused> {
  const credentials = usable(provider, connection)
  if (credentials === undefined) return { kind: 'dead', reason: 'the file has no valid credentials' }
  try {
    await provider.identify(credentials, call)
    return { kind: 'alive', connection }
  } catch (error) {
    const { kind, reason } = verdictOf(error)
    if (kind === 'unauthorized') return { kind: 'dead', reason }
    if (kind !== 'expired') throw error
    return await refresh(provider, place, credentials.accessToken, file, call)
  }
}

/** One process at a time refreshes, because a refresh token works once. */
function refresh (provider: Provider, place: Place, seen: string, file: CredentialsFile, call: RequestContext): Promise<Reused> {
  return file.exclusively<Reused>(async (kept, write) => {
    const current = findConnection(kept, place)
    const credentials = current && usable(provider, current)
    if (current === undefined || credentials === undefined) return { kind: 'dead', reason: 'the credentials were removed meanwhile' }
    if (credentials.accessToken !== seen) return { kind: 'refreshed', connection: current }
    if (provider.refresh === undefined) return { kind: 'dead', reason: 'the credentials have expired' }
    try {
      // Ctrl-C must not lose the new credentials. The HTTP client's limits end the request.
      const endless = new AbortController().signal
      const { credentials: fresh, expiresAt } = await provider.refresh(credentials, { ...call, signal: endless })
      const { expiresAt: _, ...rest } = current
      const connection = { ...rest, credentials: fresh, ...expiresAt !== undefined && { expiresAt: expiresAt.toISOString() } }
      await write(withConnection(kept, place, connection))
      return { kind: 'refreshed', connection }
    } catch (error) {
      const { kind, reason } = verdictOf(error)
      if (kind !== 'unauthorized') throw error
      return { kind: 'dead', reason }
    }
  })
}

/** Undefined if they are not credentials of this provider. */
export function usable (provider: Provider, { credentials }: KeptConnection): Credentials | undefined {
  try {
    return provider.parseCredentials(credentials)
  } catch {
    return undefined
  }
}

function verdictOf (error: unknown) {
  if (!(error instanceof ProviderError)) throw error
  return error.failure
}

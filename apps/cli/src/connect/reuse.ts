import type { Failure } from '@carillon/http'
import { ProviderError } from '@carillon/shared/providers'
import type { RequestContext, Credentials, Provider } from '@carillon/shared/providers'
import type { CredentialsFile } from './credentials/credentials-file.ts'
import { findConnection, withConnection } from './credentials/stored-credentials.ts'
import type { StoredConnection, ConnectionKey } from './credentials/stored-credentials.ts'

/** The result of checking stored credentials. */
export type ReuseResult = { kind: 'valid' | 'refreshed', connection: StoredConnection } | { kind: 'invalid', reason: string }

/** Checks stored credentials at the provider and refreshes expired ones. Throws if the provider is unavailable. */
export async function reuse (
  provider: Provider, key: ConnectionKey, connection: StoredConnection, file: CredentialsFile, requestContext: RequestContext
): Promise<ReuseResult> {
  const credentials = readCredentials(provider, connection)
  if (credentials === undefined) return { kind: 'invalid', reason: 'the file has no valid credentials' }
  try {
    await provider.identify(credentials, requestContext)
    return { kind: 'valid', connection }
  } catch (error) {
    const { kind, reason } = failureOf(error)
    if (kind === 'unauthorized') return { kind: 'invalid', reason }
    if (kind !== 'expired') throw error
    return await refresh(provider, key, credentials.accessToken, file, requestContext)
  }
}

/** One process at a time refreshes, because a refresh token works once. */
function refresh (
  provider: Provider, key: ConnectionKey, usedToken: string | undefined, file: CredentialsFile, requestContext: RequestContext
): Promise<ReuseResult> {
  return file.withLock<ReuseResult>(async (stored, write) => {
    const current = findConnection(stored, key)
    const credentials = current && readCredentials(provider, current)
    if (current === undefined || credentials === undefined) return { kind: 'invalid', reason: 'the credentials were removed meanwhile' }
    if (credentials.accessToken !== usedToken) return { kind: 'refreshed', connection: current }
    if (provider.refresh === undefined) return { kind: 'invalid', reason: 'the credentials have expired' }
    try {
      // Ctrl-C must not lose the new credentials. The HTTP client's limits end the request.
      const neverAborted = new AbortController().signal
      const context = { ...requestContext, signal: neverAborted }
      const { credentials: refreshed, expiresAt } = await provider.refresh(credentials, context)
      const { expiresAt: _, ...rest } = current
      const connection = { ...rest, credentials: refreshed, ...expiresAt !== undefined && { expiresAt: expiresAt.toISOString() } }
      await write(withConnection(stored, key, connection))
      return { kind: 'refreshed', connection }
    } catch (error) {
      const { kind, reason } = failureOf(error)
      if (kind !== 'unauthorized') throw error
      return { kind: 'invalid', reason }
    }
  })
}

/** Undefined if they are not credentials of this provider. */
export function readCredentials (provider: Provider, { credentials }: StoredConnection): Credentials | undefined {
  try {
    return provider.parseCredentials(credentials)
  } catch {
    return undefined
  }
}

/** Throws errors of other classes. */
function failureOf (error: unknown): Failure {
  if (!(error instanceof ProviderError)) throw error
  return error.failure
}

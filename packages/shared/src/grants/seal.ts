import type { Credentials, Provider } from '../providers/index.ts'
import { sealContext } from '../vault/index.ts'
import type { SealContext, Vault } from '../vault/index.ts'

/** The sealed credentials of a grant, and the sealed target of a connection that shares it. */
export interface SealedAccess {
  grantId: string
  credentials: string
  /** The connection, and its target. Null when the grant has no other connection. */
  id?: string
  target?: string | null
}

/**
 * Opens what a provider's client needs for a connection: the credentials of its grant, together with its own target. Throws
 * VaultError, or the provider's error for credentials in another format.
 */
export function openCredentials (vault: Vault, provider: Provider, { grantId, credentials, id = '', target = null }: SealedAccess): Credentials {
  return withTarget(vault, provider, JSON.parse(vault.open(credentials, credentialsContext(grantId))), { id, target })
}

/** Credentials of a grant that were refreshed, together with the target of a connection. */
export function withTarget (
  vault: Vault, provider: Provider, credentials: unknown, { id, target }: { id: string, target: string | null }
): Credentials {
  if (target === null) return provider.parseCredentials(credentials)
  return provider.parseCredentials({ ...Object(credentials), ...openTarget(vault, id, target) })
}

/** Seals the credentials of a grant. */
export function sealCredentials (vault: Vault, grantId: string, credentials: Credentials): string {
  return vault.seal(JSON.stringify(credentials), credentialsContext(grantId))
}

/** Seals the target of a connection. */
export function sealTarget (vault: Vault, connectionId: string, target: object): string {
  return vault.seal(JSON.stringify(target), targetContext(connectionId))
}

/** Opens the target of a connection. Throws VaultError. */
export function openTarget (vault: Vault, connectionId: string, target: string): object {
  return JSON.parse(vault.open(target, targetContext(connectionId)))
}

export function credentialsContext (grantId: string): SealContext {
  return sealContext('grants.credentials', grantId)
}

function targetContext (connectionId: string): SealContext {
  return sealContext('connections.target', connectionId)
}

import { sealContext } from '../vault/index.ts'
import type { Vault } from '../vault/index.ts'
import type { Handshake } from './handshakes.ts'

/** An authorization in progress at the provider: the data that the provider's client and the user need to complete it. */
export interface PendingAuthorization {
  pending: Record<string, unknown>
  /** The page on which the user grants access and reads the verifier. */
  authorizeUrl?: string
  /** The page on which the user enters the code. */
  redeemUrl?: string
  code?: string
  /** The link that the user opens in the provider's app. */
  linkUrl?: string
  /** The minimum time between two polls for the entry of the code. */
  intervalMs?: number
}

/** Seals the authorization for the handshake `id`, so a reader of the table cannot complete it. */
export function sealPendingAuthorization (vault: Vault, id: string, authorization: PendingAuthorization): string {
  return vault.seal(JSON.stringify(authorization), sealContext('handshakes.pending', id))
}

/**
 * Undefined when the authorization has not started at the provider, when the user enters an address instead, and when the
 * handshake has ended. Throws VaultError.
 */
export function openPendingAuthorization (
  vault: Vault, { id, kind, pending }: Pick<Handshake, 'id' | 'kind' | 'pending'>
): PendingAuthorization | undefined {
  return pending === null || kind === 'confirm' ? undefined : JSON.parse(vault.open(pending, sealContext('handshakes.pending', id)))
}

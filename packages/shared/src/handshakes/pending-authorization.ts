import type { SealContext, Vault } from '../vault/index.ts'
import type { Handshake } from './handshakes.ts'

/** An authorization that a provider has begun: what its client needs to complete it, and what the user needs. */
export interface PendingAuthorization {
  pending: Record<string, unknown>
  /** The page on which the user allows access and reads the verifier. */
  authorizeUrl?: string
  /** The page on which the user enters the code. */
  redeemUrl?: string
  code?: string
  /** The least time between two requests that ask whether the code was entered. */
  intervalMs?: number
}

/** Sealed for the handshake `id`: a reader of the table learns no code, and cannot complete the authorization. */
export function sealPendingAuthorization (vault: Vault, id: string, authorization: PendingAuthorization): string {
  return vault.seal(JSON.stringify(authorization), contextOf(id))
}

/** Undefined when the provider has begun nothing yet, or the handshake has ended. Throws VaultError. */
export function openPendingAuthorization (
  vault: Vault, { id, pending }: Pick<Handshake, 'id' | 'pending'>
): PendingAuthorization | undefined {
  return pending === null ? undefined : JSON.parse(vault.open(pending, contextOf(id)))
}

function contextOf (id: string): SealContext {
  return { table: 'handshakes', column: 'pending', id }
}

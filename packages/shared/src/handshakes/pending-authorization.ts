import type { Place, Vault } from '../vault/index.ts'
import type { Handshake } from './handshakes.ts'

/** What a provider has begun with us: what its client needs to end it, and what the user needs for their part. */
export interface Begun {
  pending: Record<string, unknown>
  /** The page on which the user allows it, and reads the verifier off. */
  authorizeUrl?: string
  /** The page on which the user enters the code. */
  redeemUrl?: string
  code?: string
  /** How long to wait between two questions whether the code has been entered. */
  intervalMs?: number
}

/** For the handshake `id`; nobody who reads the table learns a code, or could end what has been begun. */
export function sealBegun (vault: Vault, id: string, begun: Begun): string {
  return vault.seal(JSON.stringify(begun), placeOf(id))
}

/** Undefined when nothing has been begun yet, or it is over. Throws VaultError. */
export function openBegun (vault: Vault, { id, pending }: Pick<Handshake, 'id' | 'pending'>): Begun | undefined {
  return pending === null ? undefined : JSON.parse(vault.open(pending, placeOf(id)))
}

function placeOf (id: string): Place {
  return { table: 'handshakes', column: 'pending', id }
}

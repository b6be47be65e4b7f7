import { reviveGrant } from '../grants/index.ts'
import type { StoredGrant } from '../grants/index.ts'
import type { InboundEvent } from '../providers/index.ts'
import { sealContext } from '../vault/index.ts'
import type { Vault } from '../vault/index.ts'

/** A process handles the events of a notice within this time, unless it has crashed. */
export const handlingSeconds = 60

/** Throws VaultError. */
export function openEvents (vault: Vault, id: string, sealed: string): InboundEvent[] {
  const events: Array<Record<string, unknown>> = JSON.parse(vault.open(sealed, sealContext('notices.events', id)))
  // We sealed these events, and JSON has changed only their dates into texts.
  return events.map((event) => reviveDates(event)) as unknown as InboundEvent[]
}

function reviveDates (value: Record<string, unknown>): Record<string, unknown> {
  const { issuedAt, grant } = value
  return {
    ...value,
    ...typeof issuedAt === 'string' && { issuedAt: new Date(issuedAt) },
    ...typeof grant === 'object' && grant !== null && { grant: reviveGrant(grant as StoredGrant) }
  }
}

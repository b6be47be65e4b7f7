import { recordAudit } from '@carillon/shared/audit'
import type { Actor, AuditEntry } from '@carillon/shared/audit'
import { saveConnections } from '@carillon/shared/connections'
import type { ConnectionRules, NewConnection, SavedConnection } from '@carillon/shared/connections'
import { inTransaction } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { releaseDeliveries } from '@carillon/shared/deliveries'
import { ProviderError } from '@carillon/shared/providers'
import type { Provider } from '@carillon/shared/providers'
import { enqueuePull } from '@carillon/shared/pulls'
import type { Services } from '../services.ts'

/** Saves imported grants in connections, and starts the work that waited for them. */
export async function storeConnections (services: Services, grants: NewConnection[], actor: Actor): Promise<SavedConnection[]> {
  const saved = await inTransaction(services.database, async (tx) => {
    const saved = await saveGrants(services, grants, tx)
    await recordAudit(tx, ...saved.map((one) => describeSaved(one, actor, 'connection.imported')))
    return saved
  })
  await afterConnecting(services, saved)
  return saved
}

/** Saves grants in connections. Queues the revocation of the credentials that they replace, if the provider can revoke them. */
export async function saveGrants (
  { vault, providers, now }: Pick<Services, 'vault' | 'providers' | 'now'>, grants: NewConnection[], within: Pick<Database, 'db'>
): Promise<SavedConnection[]> {
  return await saveConnections(within, vault, grants, (provider) => rulesOf(providers.get(provider), now()))
}

/** The entry of the audit trail about a saved connection. */
export function describeSaved (
  { id, userId, teamId, provider, reconnected }: SavedConnection, actor: Actor, action: AuditEntry['action']
): AuditEntry {
  return { actor, action, target: { kind: 'connection', id }, userId, teamId, details: { provider, ...reconnected && { reconnected } } }
}

function rulesOf (provider: Provider | undefined, now: number): ConnectionRules {
  const merge = provider?.mergeCredentials === undefined ? undefined : mergeWith(provider, now)
  return { accounts: provider?.accounts ?? 'one', canRevoke: provider?.revoke !== undefined, merge }
}

/** Credentials of an older format cannot be merged, so the new ones replace them. */
function mergeWith (provider: Provider, now: number): NonNullable<ConnectionRules['merge']> {
  return (old, fresh) => {
    try {
      return provider.mergeCredentials?.(provider.parseCredentials(old), fresh, now) ?? fresh
    } catch (error) {
      if (error instanceof ProviderError) return fresh
      throw error
    }
  }
}

/** Releases the deliveries that were parked for these connections, and starts the pulls that read through them. */
export async function afterConnecting (services: Services, saved: SavedConnection[]): Promise<void> {
  await releaseDeliveries(services, saved.flatMap(({ id, recovered }) => [id, ...recovered]))
  if (saved.some(({ provider }) => services.providers.get(provider)?.pull !== undefined)) await startPull(services)
}

/** Runs the pulls that are due. If the queue is away, they run at the next scheduled time. */
export async function startPull ({ pullQueue, log }: Pick<Services, 'pullQueue' | 'log'>): Promise<void> {
  await enqueuePull(pullQueue).catch((error: unknown) => log.warn({ err: error }, 'the pull waits for its next scheduled time'))
}

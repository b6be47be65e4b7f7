import { saveConnections } from '@carillon/shared/connections'
import type { NewConnection, SavedConnection } from '@carillon/shared/connections'
import type { Services } from '../services.ts'
import { releaseDeliveries } from './release-deliveries.ts'
import { wakePuller } from './wake-puller.ts'

/**
 * Stores grants, has what they replace ended at the provider where that can be, lets go what was parked for their users, and has
 * what can be read through them read at once.
 */
export async function keepConnections (services: Services, grants: NewConnection[]): Promise<SavedConnection[]> {
  const { database, vault, providers } = services
  const saved = await saveConnections(database, vault, grants, (provider) => providers.get(provider)?.revoke !== undefined)
  await releaseDeliveries(services, saved.map(({ id }) => id))
  if (grants.some(({ provider }) => providers.get(provider)?.pull !== undefined)) await wakePuller(services)
  return saved
}

import { saveConnections } from '@carillon/shared/connections'
import type { NewConnection, SavedConnection } from '@carillon/shared/connections'
import type { Services } from '../services.ts'
import { releaseDeliveries } from './release-deliveries.ts'

/** Stores grants, has what they replace ended at the provider where that can be, and lets go what was parked for their users. */
export async function keepConnections (services: Services, grants: NewConnection[]): Promise<SavedConnection[]> {
  const { database, vault, providers } = services
  const saved = await saveConnections(database, vault, grants, (provider) => providers.get(provider)?.revoke !== undefined)
  await releaseDeliveries(services, saved.map(({ id }) => id))
  return saved
}

import { listProviderStates } from '@carillon/shared/deliveries'
import type { HostState } from '@carillon/shared/throttling'
import { listHostLimits } from '@carillon/shared/workers'
import type { SharedHostLimit } from '@carillon/shared/workers'
import type { Services } from '../services.ts'

/** The state of a provider that workers share. */
export interface ProviderStatus {
  id: string
  name: string
  canSend: boolean
  perSecond: number | null
  /** Hosts with an open breaker or a limit, the provider's own host first. */
  hosts: HostState[]
  /** How many requests the running workers may have in flight at each host. */
  hostLimits: SharedHostLimit[]
  waiting: { due: number, later: number, broadcast: number, oldestDueAt: Date | null }
}

export async function readProviders (
  { database, providers, perSecond }: Pick<Services, 'database' | 'providers' | 'perSecond'>
): Promise<ProviderStatus[]> {
  const [states, limits] = await Promise.all([listProviderStates(database, [...providers.keys()]), listHostLimits(database)])
  return states.map(({ provider: id, hosts, waiting }) => ({
    id,
    name: providers.get(id)?.name ?? id,
    canSend: providers.get(id)?.send !== undefined,
    perSecond: perSecond.get(id) ?? null,
    hosts,
    hostLimits: limits.filter(({ provider }) => provider === id),
    waiting
  }))
}

import type { Provider } from '@carillon/shared/providers'

/** The hosts whose health and capacity are those of the whole provider. */
export function ownHostsOf ({ ownHosts, origins }: Provider): readonly string[] {
  return ownHosts ?? origins.map((origin) => new URL(origin).host)
}

/** Where users choose the host, each host has a health and a capacity of its own, even if its origin is trusted. */
export function hasChosenHosts (provider: Provider): boolean {
  return provider.parseAccount !== undefined || (provider.ownHosts ?? provider.origins).length === 0
}

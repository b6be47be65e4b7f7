import type { Connector } from '../generated/contract.ts'
import { openClient } from './open-client.ts'
import type { BrowserOptions } from './open-client.ts'

/** What the user can connect, and the user's connections. */
export async function connectors ({ teamId, ...options }: BrowserOptions & { teamId?: string }): Promise<Connector[]> {
  const { carillon } = await openClient(options)
  return await carillon.connectors.list(teamId === undefined ? {} : { teamId })
}

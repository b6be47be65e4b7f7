import { findMissingPermissions } from '@carillon/shared/connections'
import type { Database } from '@carillon/shared/db'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'

/**
 * Whether the user denied a permission before. Some providers do not ask the user for it again, unless a parameter of the
 * authorization URL says so.
 */
export async function needsConsentPrompt (database: Database, { id }: Provider, { userId, team }: Handshake): Promise<boolean> {
  const missing = await findMissingPermissions(database, id, team === null ? { userId } : { teamId: team.id })
  return missing.length > 0
}

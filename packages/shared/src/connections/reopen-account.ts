import type { Database } from '../db/index.ts'
import type { Grant } from '../providers/index.ts'
import type { Vault } from '../vault/index.ts'
import { saveConnections } from './store.ts'
import type { ConnectionRules, NewConnection } from './new-connection.ts'
import type { SavedConnection } from './store.ts'

/**
 * Opens the connections of an account again that ended for exactly this reason, such as a bot that the user had blocked. A
 * connection that its user disconnected has another reason and stays closed.
 */
export async function reopenAccount (
  { db, sql }: Database, vault: Vault, { provider, grant, reason }: { provider: string, grant: Grant, reason: string },
  rules: ConnectionRules
): Promise<SavedConnection[]> {
  const rows = await sql<Array<{ userId: string | null, teamId: string | null, connectedBy: string | null }>>`
    select user_id as "userId", team_id as "teamId", connected_by as "connectedBy" from connections
    where provider = ${provider} and account_id = ${grant.account.id} and status = 'revoked' and status_reason = ${reason}`
  return await saveConnections({ db }, vault, rows.flatMap(({ userId, teamId, connectedBy }): NewConnection[] => {
    if (userId !== null) return [{ provider, grant, userId }]
    return teamId === null || connectedBy === null ? [] : [{ provider, grant, teamId, connectedBy }]
  }), () => rules)
}

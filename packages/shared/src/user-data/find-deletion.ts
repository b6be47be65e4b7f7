import type { Database } from '../db/index.ts'
import type { Vault } from '../vault/index.ts'
import { digestsOf } from './deletion.ts'
import type { ClosedConnection, UserDeletion } from './deletion.ts'

/** The latest deletion of the user with the site's id `externalId`. */
export async function findDeletion (
  { database, vault }: { database: Database, vault: Vault }, externalId: string
): Promise<UserDeletion | undefined> {
  const { sql } = database
  const [row] = await sql<DeletionRow[]>`
    select id, user_id as "userId", created_at as "requestedAt", completed_at as "completedAt", connections, teams, erased
    from user_deletions where digest = any (${digestsOf(vault, externalId)}::text[]) order by id desc limit 1`
  if (row === undefined) return undefined
  const { connections, requestedAt, completedAt, teams, erased } = row
  return {
    requestedAt: new Date(requestedAt),
    completedAt: completedAt === null ? null : new Date(completedAt),
    connections: await withRevocations({ sql }, connections),
    teams,
    erased
  }
}

type DeletionRow = Omit<UserDeletion, 'requestedAt' | 'completedAt'> & { requestedAt: string, completedAt: string | null }

/** The connections with the present state of their revocations. */
async function withRevocations ({ sql }: Pick<Database, 'sql'>, closed: ClosedConnection[]): Promise<ClosedConnection[]> {
  const pending = closed.filter(({ revocation }) => revocation === 'pending').map(({ connectionId }) => connectionId)
  if (pending.length === 0) return closed
  const rows = await sql<Array<{ connectionId: string, state: 'pending' | 'done' | 'failed', reason: string | null }>>`
    select distinct on (connection_id) connection_id as "connectionId", state, reason from revocations
    where connection_id = any (${pending}::uuid[]) order by connection_id, state = 'pending' desc, id desc`
  const found = new Map(rows.map((row) => [row.connectionId, row]))
  return closed.map((one) => {
    const now = found.get(one.connectionId)
    if (one.revocation !== 'pending' || now === undefined) return one
    if (now.state === 'done') return { ...one, revocation: now.reason === null ? 'revoked' : 'inUse', reason: now.reason }
    return { ...one, revocation: now.state, reason: now.reason }
  })
}

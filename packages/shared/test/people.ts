import { saveConnections } from '../src/connections/index.ts'
import type { Database } from '../src/db/index.ts'
import type { Grant } from '../src/providers/index.ts'
import { createVault } from '../src/vault/index.ts'

/** For tests in which the key does not matter. */
export const vault = createVault([{ id: 'test', secret: Buffer.alloc(32, 0x5E) }])

/** A grant like one from a completed handshake, with a unique token. */
export function grantOf (name: string, token = `token-of-${name}`): Grant {
  return { credentials: { accessToken: token }, account: { id: `account-${name}`, name: `${name} at the provider` } }
}

/** Creates missing users, and returns Carillon's ids in the same order. */
export async function ensureUsers ({ sql }: Database, externalIds: string[]): Promise<string[]> {
  await sql`
    insert into users (id, external_id) select gen_random_uuid(), name from unnest(${externalIds}::text[]) as name
    on conflict do nothing`
  const rows = await sql<Array<{ id: string }>>`
    select users.id from unnest(${externalIds}::text[]) with ordinality as wanted (name, position)
    join users on external_id = name order by position`
  return rows.map(({ id }) => id)
}

/** Creates these users, connects each at the provider, and returns the connections' ids in the same order. */
export async function connect (database: Database, externalIds: string[], provider = 'pushbullet'): Promise<string[]> {
  const userIds = await ensureUsers(database, externalIds)
  const grants = userIds.map((userId, index) => ({ userId, provider, grant: grantOf(externalIds[index] ?? '') }))
  return (await saveConnections(database, vault, grants)).map(({ id }) => id)
}

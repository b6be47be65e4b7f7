import { saveConnections } from '../src/connections/index.ts'
import { ensureUser } from '../src/db/index.ts'
import type { Database } from '../src/db/index.ts'
import type { Grant } from '../src/providers/index.ts'
import { createVault } from '../src/vault/index.ts'

/** For tests to which the key does not matter. */
export const vault = createVault([{ id: 'test', secret: Buffer.alloc(32, 0x5E) }])

/** A grant as a finished handshake brings it; nobody else has its token. */
export function grantOf (name: string, token = `token-of-${name}`): Grant {
  return { credentials: { accessToken: token }, account: { id: `account-${name}`, name: `${name} at the provider` } }
}

/** Makes these users, connects each at the provider, and answers the connections' ids in the same order. */
export async function connect (database: Database, externalIds: string[], provider = 'pushbullet'): Promise<string[]> {
  const grants = []
  for (const externalId of externalIds) {
    const { id: userId } = await ensureUser(database, { externalId })
    grants.push({ userId, provider, grant: grantOf(externalId) })
  }
  return (await saveConnections(database, vault, grants)).map(({ id }) => id)
}

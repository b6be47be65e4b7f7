import { and, eq, or, sql } from 'drizzle-orm'
import { grants, newId } from '../db/index.ts'
import { openUnparsed, sealCredentials } from '../grants/index.ts'
import type { Credentials, Grant } from '../providers/index.ts'
import type { ExistingConnection } from './find-existing.ts'
import type { NewConnection, Saving, Transaction } from './new-connection.ts'

/** A grant with its id, and the connection of the same owner and account. */
interface GivenGrant {
  id: string
  provider: string
  grant: Grant
  old: ExistingConnection | undefined
}

/**
 * Stores the credentials in their grants, merged with those that they replace. A grant that only one connection may use has the
 * id of that connection. Of several credentials for one grant, those that expire last are the newest.
 */
export async function storeCredentials (
  { tx, vault, rulesOf }: Pick<Saving, 'tx' | 'vault' | 'rulesOf'>, given: GivenGrant[]
): Promise<void> {
  if (given.length === 0) return
  const byExpiry = given.toSorted((one, other) => (one.grant.expiresAt?.getTime() ?? 0) - (other.grant.expiresAt?.getTime() ?? 0))
  const rows = new Map(byExpiry.map(({ id, provider, grant, old }) => {
    const replaced = old?.grantId === id ? openUnparsed(vault, id, old.credentials) : undefined
    const { merge = (_: Credentials, fresh: Credentials) => fresh } = rulesOf(provider)
    const credentials = replaced === undefined ? grant.credentials : merge(replaced, grant.credentials)
    return [id, {
      id,
      provider,
      status: 'active' as const,
      credentials: sealCredentials(vault, id, credentials),
      expiresAt: grant.expiresAt ?? null
    }]
  }))
  await tx.insert(grants).values([...rows.values()]).onConflictDoUpdate({
    target: grants.id,
    set: {
      status: 'active',
      credentials: sql`excluded.credentials`,
      version: sql`${grants.version} + 1`,
      expiresAt: sql`excluded.expires_at`,
      refreshAfter: null,
      leaseOwner: null,
      leaseUntil: null,
      updatedAt: sql`now()`
    }
  })
}

/** Creates missing shared grants, without credentials. Returns the ids of all of them by provider and key. */
export async function ensureShared (tx: Transaction, all: NewConnection[]): Promise<Map<string, string>> {
  const wanted = new Map(all.flatMap(({ provider, grant: { shared } }) =>
    shared === undefined ? [] : [[`${provider} ${shared.key}`, { provider, key: shared.key }]]))
  if (wanted.size === 0) return new Map()
  const sorted = [...wanted].sort(([one], [other]) => one < other ? -1 : 1).map(([, row]) => row)
  await tx.insert(grants).values(sorted.map((row) => ({ id: newId(), ...row, status: 'revoked' as const }))).onConflictDoNothing()
  const found = await tx.select({ id: grants.id, provider: grants.provider, key: grants.key }).from(grants)
    .where(or(...sorted.map(({ provider, key }) => and(eq(grants.provider, provider), eq(grants.key, key)))))
  return new Map(found.map(({ id, provider, key }) => [`${provider} ${key}`, id]))
}

import type { Database } from '../db/index.ts'
import type { KeyIdentity } from '../vault/index.ts'

/** A process reports its key every ten seconds. */
export const reportEveryMs = 10_000
/** Without a report for this long, no running process encrypts with the key. */
const inUseSeconds = 30

/** Records that a process encrypts with this key now. */
export async function recordKeyUse ({ sql }: Pick<Database, 'sql'>, { id, fingerprint }: KeyIdentity): Promise<void> {
  await sql`
    insert into encryption_keys (id, fingerprint) values (${id}, ${fingerprint})
    on conflict (id, fingerprint) do update set used_at = now()`
}

/** The keys that have encrypted something, and how many more seconds each counts as in use by a process. */
export async function listKeyRecords ({ sql }: Pick<Database, 'sql'>): Promise<Array<KeyIdentity & { inUseForSeconds: number }>> {
  return await sql`
    select id, fingerprint, greatest(0, extract(epoch from used_at - now()) + ${inUseSeconds})::float8 as "inUseForSeconds"
    from encryption_keys order by id, fingerprint`
}

/** Deletes the record of a key that encrypts no value, unless a process encrypts with it. Tells whether it did. */
export async function deleteKeyRecord ({ sql }: Pick<Database, 'sql'>, { id, fingerprint }: KeyIdentity): Promise<boolean> {
  const { count } = await sql`
    delete from encryption_keys
    where id = ${id} and fingerprint = ${fingerprint} and used_at < now() - ${inUseSeconds}::int * interval '1 second'`
  return count === 1
}

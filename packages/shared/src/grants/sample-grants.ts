import type { Database } from '../db/index.ts'
import type { Vault } from '../vault/index.ts'
import { credentialsContext } from './seal.ts'

/** Sealed credentials, and the id of their key. */
export interface GrantSample {
  id: string
  keyId: string
  credentials: string
}

/** The latest grants are read: a key that is missing everywhere is found in them. */
const maxRead = 10_000

/** Some credentials of each key that the latest grants use. */
export async function sampleGrants ({ sql }: Pick<Database, 'sql'>): Promise<GrantSample[]> {
  return [...await sql<GrantSample[]>`
    select id, "keyId", credentials from (
      select id, split_part(credentials, '.', 2) as "keyId", credentials,
        row_number() over (partition by split_part(credentials, '.', 2) order by id desc) as place
      from (select id, credentials from grants where credentials is not null order by id desc limit ${maxRead}) as latest
    ) as numbered
    where place <= 3 order by "keyId", id`]
}

export function canOpenGrant (vault: Vault, { id, credentials }: GrantSample): boolean {
  try {
    vault.open(credentials, credentialsContext(id))
    return true
  } catch {
    return false
  }
}

import type { Database } from '../db/index.ts'
import type { Credentials } from '../providers/index.ts'
import type { Vault } from '../vault/index.ts'
import { sealCredentials } from './seal.ts'

/** Stores the address to which the provider moved a connection. False when the credentials were replaced meanwhile. */
export async function replaceCredentials (
  { sql }: Database, vault: Vault, { grantId, credentialsVersion }: { grantId: string, credentialsVersion: number }, credentials: Credentials
): Promise<boolean> {
  const { count } = await sql`
    update grants set credentials = ${sealCredentials(vault, grantId, credentials)}, version = version + 1, updated_at = now()
    where id = ${grantId} and version = ${credentialsVersion} and status = 'active'`
  return count === 1
}

import type { Database } from '../db/index.ts'
import type { Credentials } from '../providers/index.ts'
import type { Vault } from '../vault/index.ts'
import { openTarget, sealCredentials, sealTarget } from './seal.ts'

/** The credentials with which a message was sent. */
export interface UsedCredentials {
  grantId: string
  credentialsVersion: number
  connectionId: string
  /** Sealed. Null when the grant has no other connection. */
  target: string | null
}

/**
 * Stores the address to which the provider moved a connection. Where the connection shares its grant, only its target changes.
 * False when the credentials or the target were replaced meanwhile.
 */
export async function replaceCredentials (
  { sql }: Pick<Database, 'sql'>, vault: Vault, used: UsedCredentials, credentials: Credentials
): Promise<boolean> {
  const { grantId, credentialsVersion, connectionId, target } = used
  if (target !== null) {
    const moved = new Map<string, unknown>(Object.entries(credentials))
    const own = Object.fromEntries(Object.keys(openTarget(vault, connectionId, target)).map((name) => [name, moved.get(name)]))
    const { count } = await sql`
      update connections set target = ${sealTarget(vault, connectionId, own)}, updated_at = now()
      where id = ${connectionId} and target = ${target}`
    return count === 1
  }
  const { count } = await sql`
    update grants set credentials = ${sealCredentials(vault, grantId, credentials)}, version = version + 1, updated_at = now()
    where id = ${grantId} and version = ${credentialsVersion} and status = 'active'`
  return count === 1
}

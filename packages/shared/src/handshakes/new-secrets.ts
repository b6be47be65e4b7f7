import { and, isNotNull, lte } from 'drizzle-orm'
import { handshakes } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { NewSecret } from '../providers/index.ts'
import { sealContext } from '../vault/index.ts'
import type { Vault } from '../vault/index.ts'
import type { Handshake } from './handshakes.ts'

/** How long the user can read the secret after connecting, also after a reload or in another window. */
const readableMs = 10 * 60 * 1000

/** The columns of a completed handshake whose user needs a secret. */
export function keepNewSecret (vault: Vault, id: string, secret: NewSecret, now: number): { newSecret: string, expiresAt: Date } {
  return { newSecret: vault.seal(JSON.stringify(secret), sealContext('handshakes.new_secret', id)), expiresAt: new Date(now + readableMs) }
}

/** The secret that the handshake created. Undefined when there is none, and after its time. Throws VaultError. */
export function openNewSecret (
  vault: Vault, { id, newSecret, expiresAt }: Pick<Handshake, 'id' | 'newSecret' | 'expiresAt'>, now: number
): NewSecret | undefined {
  return newSecret === null || expiresAt.getTime() <= now ? undefined : JSON.parse(vault.open(newSecret, sealContext('handshakes.new_secret', id)))
}

/** Erases secrets that are no longer readable. */
export async function eraseNewSecrets ({ db }: Database, now: number): Promise<void> {
  await db.update(handshakes).set({ newSecret: null })
    .where(and(isNotNull(handshakes.newSecret), lte(handshakes.expiresAt, new Date(now))))
}

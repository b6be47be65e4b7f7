import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { and, eq, gt, isNull, lt, lte, or, sql } from 'drizzle-orm'
import { handshakes } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { Grant } from '../providers/index.ts'
import { sealContext } from '../vault/index.ts'
import type { Vault } from '../vault/index.ts'
import { hashSecret, isPending, stillOpen } from './handshakes.ts'
import type { Handshake } from './handshakes.ts'
import { reviveGrant } from '../grants/index.ts'
import type { StoredGrant } from '../grants/index.ts'

/** The first code and five more. */
export const maxCodes = 6
/** How long each code is valid. */
const codeLifetimeMs = 15 * 60 * 1000
/** The time from each code to the next. The last one repeats. */
const resendAfterMs = [30_000, 120_000, 600_000]

/** The secrets of one confirmation message. */
export interface ConfirmationSecrets {
  /** Six digits. */
  code: string
  /** For the link in the message. */
  link: string
}

/** The proof that the user brings back: one of the secrets. */
export type AddressProof = { code: string } | { link: string }

/** The grant of an address, and the hashes of the secrets that prove that the user owns the address. */
interface SealedCode {
  grant: StoredGrant
  code: string
  link: string
}

/**
 * Claims the handshake to send a code to the address of `grant`, and stores the grant with the hashes of new secrets. Earlier
 * secrets stop working. Undefined when the handshake has ended, another request has claimed it, or too many codes were sent. A
 * resend is also refused before `resendAt`.
 */
export async function claimCode (
  { db }: Database, vault: Vault, { id, grant, isResend }: { id: string, grant: Grant, isResend: boolean }, now: number
): Promise<ConfirmationSecrets | undefined> {
  const code = String(randomInt(1_000_000)).padStart(6, '0')
  const link = randomBytes(32).toString('base64url')
  const rows = await db.update(handshakes).set({
    pending: vault.seal(JSON.stringify({ grant, code: hashCode(id, code), link: hashSecret(link) }), sealContext('handshakes.pending', id)),
    codesSent: sql`${handshakes.codesSent} + 1`,
    resendAt: sql`${new Date(now).toISOString()}::timestamptz + ${waitFor()} * interval '1 millisecond'`,
    expiresAt: new Date(now + codeLifetimeMs),
    claimedAt: new Date(now)
  }).where(and(
    stillOpen(id, now), lt(handshakes.codesSent, maxCodes),
    isResend ? or(isNull(handshakes.resendAt), lte(handshakes.resendAt, new Date(now))) : undefined
  )).returning({ id: handshakes.id })
  return rows.length === 1 ? { code, link } : undefined
}

/** Releases the claim after the code was not sent. The user may enter another address, or ask again at once. */
export async function releaseUnsentCode ({ db }: Database, id: string, pending: string | null): Promise<void> {
  await db.update(handshakes).set({ claimedAt: null, pending, resendAt: null }).where(isPending(id))
}

/** The grant that waits for its code. Undefined before an address was entered, and after the end. Throws VaultError. */
export function openAwaitedGrant (vault: Vault, handshake: Pick<Handshake, 'id' | 'kind' | 'pending' | 'isObtained'>): Grant | undefined {
  const sealed = openCode(vault, handshake)
  return sealed === undefined ? undefined : reviveGrant(sealed.grant)
}

/** Whether the proof contains one of the secrets of the latest message. */
export function isProven (vault: Vault, handshake: Pick<Handshake, 'id' | 'kind' | 'pending' | 'isObtained'>, proof: AddressProof): boolean {
  const sealed = openCode(vault, handshake)
  if (sealed === undefined) return false
  return 'code' in proof
    ? timingSafeEqual(Buffer.from(sealed.code), Buffer.from(hashCode(handshake.id, proof.code)))
    : sealed.link === hashSecret(proof.link)
}

/**
 * Claims the handshake if no code was sent since it was read, so that a secret that a resend replaced is refused. The sealed
 * text does not tell: a rotation of the keys replaces it.
 */
export async function claimAwaitedGrant (
  { db }: Database, { id, pending, codesSent }: Pick<Handshake, 'id' | 'pending' | 'codesSent'>, now: number
): Promise<boolean> {
  if (pending === null) return false
  const rows = await db.update(handshakes).set({ claimedAt: new Date(now) })
    .where(and(stillOpen(id, now), eq(handshakes.codesSent, codesSent), gt(handshakes.codesSent, 0)))
    .returning({ id: handshakes.id })
  return rows.length === 1
}

function openCode (vault: Vault, { id, kind, pending, isObtained }: Pick<Handshake, 'id' | 'kind' | 'pending' | 'isObtained'>): SealedCode | undefined {
  if (kind !== 'confirm' || pending === null || isObtained) return undefined
  return JSON.parse(vault.open(pending, sealContext('handshakes.pending', id)))
}

/** The milliseconds until the next code, in SQL, by the number of codes that were sent before this one. */
function waitFor () {
  const last = resendAfterMs.length - 1
  return sql`(${`{${resendAfterMs.join(',')}}`}::integer[])[least(${handshakes.codesSent}, ${last}) + 1]`
}

/** A code is short, so its hash is stored only inside the sealed text, and it contains the handshake. */
function hashCode (id: string, code: string): string {
  return hashSecret(`${id} ${code}`)
}

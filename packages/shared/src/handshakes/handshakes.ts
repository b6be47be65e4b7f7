import { createHash } from 'node:crypto'
import { and, eq, gt, isNull, lte } from 'drizzle-orm'
import { handshakes, newId, teams, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { TokensRevokedError } from './tokens-revoked-error.ts'

const lifetimeMs = 10 * 60 * 1000

export type HandshakeKind = 'redirect' | 'verifier' | 'code' | 'confirm' | 'paste' | 'link' | 'subscribe'

export interface Handshake {
  id: string
  userId: string
  /** The display name from the site. Null when the site gave none. */
  userName: string | null
  /** The site's own id of the user. */
  userExternalId: string
  /** The team that the user connects for, if any. */
  team: HandshakeTeam | null
  provider: string
  kind: HandshakeKind
  /** The account that the user entered, for providers with user-chosen hosts. */
  account: string | null
  /** Sealed. Contains the pending authorization, the address that waits for its code, or the grant if `isObtained`. */
  pending: string | null
  /** Whether a grant waits for the user to confirm the account. */
  isObtained: boolean
  /** How many codes were sent to addresses that the user entered. */
  codesSent: number
  /** When the next code may be sent to the same address. */
  resendAt: Date | null
  status: 'pending' | 'completed' | 'failed' | 'expired'
  error: string | null
  returnTo: string | null
  connectionId: string | null
  /** Sealed. See `openNewSecret`. */
  newSecret: string | null
  /** Whether a request has claimed the handshake. Only one request at a time may. */
  claimed: boolean
  /** The hash of the `state` in the callback. Each confirmation replaces it. */
  stateHash: string | null
  browserHash: string | null
  formHash: string | null
  /** The generation of the user token that opened it. Null when it is not known. */
  tokenGeneration: number | null
  expiresAt: Date
}

interface HandshakeTeam {
  id: string
  /** The site's own id. */
  externalId: string
  name: string
  /** Whether the handshake's user owns the team now. Only the owner may connect for it. */
  isOwn: boolean
}

export interface NewHandshake {
  /** The id that `pending` was sealed for. */
  id?: string
  userId: string
  /** Carillon's id of the team that the user connects for. */
  teamId?: string | undefined
  provider: string
  kind?: HandshakeKind
  account?: string | undefined
  /** Sealed by `sealPendingAuthorization`, when the authorization has already started at the provider. */
  pending?: string
  /** The code in the link of a `link` handshake, by which `holdOpenedGrant` finds it. */
  linkCode?: string
  returnTo: string | undefined
  /** The generation of the user token that opens it. Without it, the user's tokens are not checked. */
  tokenGeneration?: number | undefined
  /** Defaults to ten minutes from now. */
  expiresAt?: Date | undefined
}

/**
 * Opens a handshake. Throws TokensRevokedError when the tokens of that generation were revoked since the request was admitted.
 * In this folder, `now` is in milliseconds since the epoch.
 */
export async function createHandshake ({ db }: Database, handshake: NewHandshake, now: number): Promise<string> {
  const { id = newId(), userId, teamId, provider, kind = 'redirect', account, pending, linkCode, returnTo, expiresAt } = handshake
  const { tokenGeneration } = handshake
  await db.transaction(async (tx) => {
    if (tokenGeneration !== undefined) await assertNotRevoked(tx, userId, tokenGeneration)
    await tx.insert(handshakes).values({
      id,
      userId,
      teamId: teamId ?? null,
      provider,
      kind,
      account: account ?? null,
      pending: pending ?? null,
      stateHash: linkCode === undefined ? null : hashSecret(linkCode),
      returnTo: returnTo ?? null,
      tokenGeneration: tokenGeneration ?? null,
      createdAt: new Date(now),
      expiresAt: expiresAt ?? new Date(now + lifetimeMs)
    })
  })
  return id
}

/** Waits for a revocation that is being committed. A later one waits for this transaction, and then finds the handshake. */
async function assertNotRevoked (db: Pick<Database['db'], 'select'>, userId: string, generation: number): Promise<void> {
  const valid = await db.select({ id: users.id }).from(users)
    .where(and(eq(users.id, userId), lte(users.tokenGeneration, generation))).for('share')
  if (valid.length === 0) throw new TokensRevokedError()
}

export async function findHandshake ({ db }: Database, id: string, now: number): Promise<Handshake | undefined> {
  const [row] = await selectHandshakes(db).where(eq(handshakes.id, id))
  return row === undefined ? undefined : toHandshake(row, now)
}

/** The handshake whose callback contains `state`. This alone proves nothing: the browser's secret must match too. */
export async function findHandshakeByState ({ db }: Database, state: string, now: number): Promise<Handshake | undefined> {
  const [row] = await selectHandshakes(db).where(eq(handshakes.stateHash, hashSecret(state)))
  return row === undefined ? undefined : toHandshake(row, now)
}

/** Completes a claimed handshake. A handshake that has ended does not change. `secret` comes from `keepNewSecret`. */
export async function completeHandshake (
  { db }: Pick<Database, 'db'>, id: string, connectionId: string, secret: { newSecret?: string, expiresAt?: Date } = {}
): Promise<void> {
  await db.update(handshakes).set({ status: 'completed', connectionId, pending: null, obtainedAt: null, ...secret }).where(isPending(id))
}

/** Fails a claimed handshake. `error` is the reason code for the site. False when the handshake has already ended. */
export async function failHandshake ({ db }: Pick<Database, 'db'>, id: string, error: string): Promise<boolean> {
  const rows = await db.update(handshakes).set({ status: 'failed', error, pending: null, obtainedAt: null }).where(isPending(id))
    .returning({ id: handshakes.id })
  return rows.length === 1
}

/** The handshake is pending and unclaimed, contains no grant, and has not expired. */
export function stillOpen (id: string, now: number) {
  return and(isPending(id), isNull(handshakes.claimedAt), isNull(handshakes.obtainedAt), gt(handshakes.expiresAt, new Date(now)))
}

export function isPending (id: string) {
  return and(eq(handshakes.id, id), eq(handshakes.status, 'pending'))
}

export function selectHandshakes (db: Database['db']) {
  return db.select({
    handshake: handshakes, displayName: users.displayName, externalId: users.externalId, team: teams
  }).from(handshakes).innerJoin(users, eq(users.id, handshakes.userId)).leftJoin(teams, eq(teams.id, handshakes.teamId))
}

export function toHandshake (
  { handshake, displayName, externalId, team }: Awaited<ReturnType<typeof selectHandshakes>>[number], now: number
): Handshake {
  const { createdAt, claimedAt, confirmedAt, obtainedAt, attempts, askAt, teamId, ...rest } = handshake
  const isExpired = rest.status === 'pending' && rest.expiresAt.getTime() <= now
  // Only the request that claimed an obtained grant may use it. For all other requests there is no grant.
  const isTaken = obtainedAt !== null && claimedAt !== null
  return {
    ...rest,
    pending: isTaken ? null : rest.pending,
    status: isExpired ? 'expired' : rest.status,
    claimed: claimedAt !== null,
    isObtained: obtainedAt !== null && !isTaken,
    userName: displayName,
    userExternalId: externalId,
    team: team === null ? null : toTeam(team, rest.userId)
  }
}

function toTeam ({ id, externalId, name, ownerId }: typeof teams.$inferSelect, userId: string): HandshakeTeam {
  return { id, externalId, name, isOwn: ownerId === userId }
}

/** The secrets have 256 bits, so the timing of comparing their hashes reveals nothing. */
export function hashSecret (secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

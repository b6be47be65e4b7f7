import { createHash } from 'node:crypto'
import { and, eq, gt, isNull } from 'drizzle-orm'
import { handshakes, newId, teams, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'

const lifetimeMs = 10 * 60 * 1000

export type HandshakeKind = 'redirect' | 'verifier' | 'code'

export interface Handshake {
  id: string
  userId: string
  /** What the site calls the user; null where it has given no name. */
  userName: string | null
  /** The site's own id of the user. */
  userExternalId: string
  /** For whom the user connects, where that is a team. */
  team: HandshakeTeam | null
  provider: string
  kind: HandshakeKind
  /** Where the user says their account is, for providers that anybody can host. */
  account: string | null
  /** Sealed: see `openBegun`, or `openObtainedGrant` where `isObtained`. */
  pending: string | null
  /** Whether credentials wait for the user to confirm whose account they belong to. */
  isObtained: boolean
  status: 'pending' | 'completed' | 'failed' | 'expired'
  error: string | null
  returnTo: string | null
  connectionId: string | null
  /** Whether a callback has taken it: it works once. */
  claimed: boolean
  /** Of the `state` that an answer carries; another one as soon as it is confirmed again. */
  stateHash: string | null
  browserHash: string | null
  formHash: string | null
  expiresAt: Date
}

export interface HandshakeTeam {
  id: string
  /** The site's own id. */
  externalId: string
  name: string
  /** Whether the handshake's user is its owner right now: nobody else may connect for it. */
  isOwn: boolean
}

export interface NewHandshake {
  /** One that `pending` was sealed for. */
  id?: string
  userId: string
  /** Carillon's id of the team that the user connects for. */
  teamId?: string | undefined
  provider: string
  kind?: HandshakeKind
  account?: string | undefined
  /** Sealed by `sealBegun`, where the provider has been asked already. */
  pending?: string
  returnTo: string | undefined
  /** Ten minutes from now when absent. */
  expiresAt?: Date | undefined
}

/** Opens a handshake. `now` is milliseconds since the epoch, here as in all of these. */
export async function createHandshake (
  { db }: Database,
  { id = newId(), userId, teamId, provider, kind = 'redirect', account, pending, returnTo, expiresAt }: NewHandshake,
  now: number
): Promise<string> {
  await db.insert(handshakes).values({
    id,
    userId,
    teamId: teamId ?? null,
    provider,
    kind,
    account: account ?? null,
    pending: pending ?? null,
    returnTo: returnTo ?? null,
    createdAt: new Date(now),
    expiresAt: expiresAt ?? new Date(now + lifetimeMs)
  })
  return id
}

export async function findHandshake ({ db }: Database, id: string, now: number): Promise<Handshake | undefined> {
  const [row] = await selectHandshakes(db).where(eq(handshakes.id, id))
  return row === undefined ? undefined : toHandshake(row, now)
}

/** The handshake whose answer carries `state`. Finding it proves nothing yet: the browser's secret must match too. */
export async function findHandshakeByState ({ db }: Database, state: string, now: number): Promise<Handshake | undefined> {
  const [row] = await selectHandshakes(db).where(eq(handshakes.stateHash, hashSecret(state)))
  return row === undefined ? undefined : toHandshake(row, now)
}

/** Ends a claimed handshake; one that has ended stays as it is. */
export async function completeHandshake ({ db }: Database, id: string, connectionId: string): Promise<void> {
  await db.update(handshakes).set({ status: 'completed', connectionId, pending: null, obtainedAt: null }).where(isPending(id))
}

/** Ends a claimed handshake; one that has ended stays as it is. `error` is a reason code of ours, as the site sees it. */
export async function failHandshake ({ db }: Database, id: string, error: string): Promise<void> {
  await db.update(handshakes).set({ status: 'failed', error, pending: null, obtainedAt: null }).where(isPending(id))
}

/** It is pending, no request has claimed it, no credentials have been obtained, and it has not expired. */
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
  const expired = rest.status === 'pending' && rest.expiresAt.getTime() <= now
  return {
    ...rest,
    status: expired ? 'expired' : rest.status,
    claimed: claimedAt !== null,
    isObtained: obtainedAt !== null,
    userName: displayName,
    userExternalId: externalId,
    team: team === null ? null : toTeam(team, rest.userId)
  }
}

function toTeam ({ id, externalId, name, ownerId }: typeof teams.$inferSelect, userId: string): HandshakeTeam {
  return { id, externalId, name, isOwn: ownerId === userId }
}

/** Secrets of 256 bits, compared as hashes: equality of hashes tells nothing by its timing. */
export function hashSecret (secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

import { createHash, randomBytes } from 'node:crypto'
import { and, desc, eq, gt, isNull, sql } from 'drizzle-orm'
import { handshakes, newId, teams, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'

const lifetimeMs = 10 * 60 * 1000

export type HandshakeKind = 'redirect' | 'verifier' | 'code'

export interface Handshake {
  id: string
  userId: string
  /** The person as the site knows them, for the page that asks for confirmation. */
  userName: string
  /** For whom the user connects, where that is a team. */
  team: HandshakeTeam | null
  provider: string
  kind: HandshakeKind
  /** Where the user says their account is, for providers that anybody can host. */
  account: string | null
  /** Sealed: see `openBegun`. */
  pending: string | null
  status: 'pending' | 'completed' | 'failed' | 'expired'
  error: string | null
  returnTo: string | null
  connectionId: string | null
  /** Whether a callback has taken it: it works once. */
  claimed: boolean
  /** Of the `state` that an answer carries; another one as soon as it is confirmed again. */
  stateHash: string | null
  browserHash: string | null
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
  const [row] = await selectHandshakes(db).where(eq(handshakes.stateHash, hash(state)))
  return row === undefined ? undefined : toHandshake(row, now)
}

/**
 * The handshake that an answer without any mark belongs to: the one that this browser has confirmed last and that is still
 * under way, or else the last one that it has confirmed at all.
 */
export async function findLatestHandshake (
  { db }: Database, { browser, provider }: { browser: string, provider: string }, now: number
): Promise<Handshake | undefined> {
  const open = sql`${handshakes.status} = 'pending' and ${handshakes.claimedAt} is null`
  const [row] = await selectHandshakes(db)
    .where(and(eq(handshakes.browserHash, hash(browser)), eq(handshakes.provider, provider), eq(handshakes.kind, 'redirect')))
    .orderBy(desc(open), desc(handshakes.confirmedAt), desc(handshakes.id)).limit(1)
  return row === undefined ? undefined : toHandshake(row, now)
}

/**
 * Binds a pending handshake to the browser that confirmed it and answers a fresh `state` for the trip through the provider,
 * or undefined when it is over. Confirming again starts the trip anew.
 */
export async function confirmHandshake (
  { db }: Database, { id, browser }: { id: string, browser: string }, now: number
): Promise<string | undefined> {
  const state = randomBytes(32).toString('base64url')
  const rows = await db.update(handshakes).set({ stateHash: hash(state), browserHash: hash(browser), confirmedAt: new Date(now) })
    .where(stillOpen(id, now)).returning({ id: handshakes.id })
  return rows.length === 1 ? state : undefined
}

/**
 * Puts what the provider will answer with in the place of the `state` that confirming gave, along with what is needed then.
 * False when the handshake is over or was confirmed again, or when that answer would be for another handshake.
 */
export async function awaitAnswer (
  { db }: Database, { id, state, answer, pending }: { id: string, state: string, answer: string, pending: string }, now: number
): Promise<boolean> {
  const taken = sql`exists (select from handshakes other where other.state_hash = ${hash(answer)})`
  const rows = await db.update(handshakes).set({ stateHash: hash(answer), pending })
    .where(and(stillOpen(id, now), eq(handshakes.stateHash, hash(state)), sql`not ${taken}`)).returning({ id: handshakes.id })
  return rows.length === 1
}

/**
 * Takes the handshake, as it was found, for the one callback that may use it. False when another has, it is over, or it was
 * confirmed again since: then it waits for another answer, maybe in another browser.
 */
export async function claimHandshake (
  { db }: Database, { id, stateHash }: Pick<Handshake, 'id' | 'stateHash'>, now: number
): Promise<boolean> {
  const isUnchanged = stateHash === null ? isNull(handshakes.stateHash) : eq(handshakes.stateHash, stateHash)
  const rows = await db.update(handshakes).set({ claimedAt: new Date(now) })
    .where(and(stillOpen(id, now), isUnchanged)).returning({ id: handshakes.id })
  return rows.length === 1
}

/** Ends a claimed handshake; one that has ended stays as it is. */
export async function completeHandshake ({ db }: Database, id: string, connectionId: string): Promise<void> {
  await db.update(handshakes).set({ status: 'completed', connectionId, pending: null }).where(isPending(id))
}

/** Ends a claimed handshake; one that has ended stays as it is. `error` is a reason code of ours, as the site sees it. */
export async function failHandshake ({ db }: Database, id: string, error: string): Promise<void> {
  await db.update(handshakes).set({ status: 'failed', error, pending: null }).where(isPending(id))
}

/** Whether `browser`, the secret of the browser's cookie, is the one that confirmed. */
export function isBrowserOf (handshake: Handshake, browser: string): boolean {
  return handshake.browserHash === hash(browser)
}

/** It is under way, nobody has taken it, and its time is not over. */
export function stillOpen (id: string, now: number) {
  return and(isPending(id), isNull(handshakes.claimedAt), gt(handshakes.expiresAt, new Date(now)))
}

function isPending (id: string) {
  return and(eq(handshakes.id, id), eq(handshakes.status, 'pending'))
}

function selectHandshakes (db: Database['db']) {
  return db.select({
    handshake: handshakes, displayName: users.displayName, externalId: users.externalId, team: teams
  }).from(handshakes).innerJoin(users, eq(users.id, handshakes.userId)).leftJoin(teams, eq(teams.id, handshakes.teamId))
}

function toHandshake (
  { handshake, displayName, externalId, team }: Awaited<ReturnType<typeof selectHandshakes>>[number], now: number
): Handshake {
  const { createdAt, claimedAt, confirmedAt, attempts, askAt, teamId, ...rest } = handshake
  const expired = rest.status === 'pending' && rest.expiresAt.getTime() <= now
  return {
    ...rest,
    status: expired ? 'expired' : rest.status,
    claimed: claimedAt !== null,
    userName: displayName ?? externalId,
    team: team === null ? null : toTeam(team, rest.userId)
  }
}

function toTeam ({ id, externalId, name, ownerId }: typeof teams.$inferSelect, userId: string): HandshakeTeam {
  return { id, externalId, name, isOwn: ownerId === userId }
}

/** Secrets of 256 bits, compared as hashes: equality of hashes tells nothing by its timing. */
function hash (secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

import { randomBytes } from 'node:crypto'
import { and, desc, eq, inArray, isNotNull, isNull, or, sql } from 'drizzle-orm'
import { handshakes } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { hashSecret, selectHandshakes, stillOpen, toHandshake } from './handshakes.ts'
import type { Handshake } from './handshakes.ts'

/** Proof that a handshake belongs to a browser: the secret in its cookie, or the secret of the submitted form. */
export interface BrowserProof {
  cookie?: string | undefined
  form?: string | undefined
}

/** Binds a handshake to the browser with this secret. False when it is already bound or has ended. */
export async function bindHandshake (
  { db }: Database, { id, browser }: { id: string, browser: string }, now: number
): Promise<boolean> {
  const rows = await db.update(handshakes).set({ browserHash: hashSecret(browser) })
    .where(and(stillOpen(id, now), isNull(handshakes.browserHash))).returning({ id: handshakes.id })
  return rows.length === 1
}

/**
 * Confirms a handshake and returns a new `state` for the redirect to the provider. Undefined when the handshake has ended or
 * belongs to another browser. Only the first browser that confirms may confirm again, with a new state and secret.
 */
export async function confirmHandshake (
  { db }: Database, { id, browser, proof = {} }: { id: string, browser: string, proof?: BrowserProof }, now: number
): Promise<string | undefined> {
  const { cookie, form } = proof
  const state = randomBytes(32).toString('base64url')
  const rows = await db.update(handshakes).set({
    stateHash: hashSecret(state),
    browserHash: hashSecret(browser),
    formHash: form === undefined ? null : hashSecret(form),
    confirmedAt: new Date(now)
  }).where(and(stillOpen(id, now), or(
    isNull(handshakes.browserHash),
    cookie === undefined ? undefined : eq(handshakes.browserHash, hashSecret(cookie)),
    form === undefined ? undefined : eq(handshakes.formHash, hashSecret(form))
  ))).returning({ id: handshakes.id })
  return rows.length === 1 ? state : undefined
}

/**
 * Stores the pending authorization. A `token` replaces the `state` of the confirmation, when the callback will contain the token
 * instead. False when the handshake has ended or was confirmed again, or when another handshake expects the same token.
 */
export async function expectCallback (
  { db }: Database, { id, state, token, pending }: { id: string, state: string, token?: string, pending: string }, now: number
): Promise<boolean> {
  const rows = await db.update(handshakes).set({ stateHash: hashSecret(token ?? state), pending }).where(and(
    stillOpen(id, now), eq(handshakes.stateHash, hashSecret(state)), token === undefined ? undefined : isUnused(token)
  )).returning({ id: handshakes.id })
  return rows.length === 1
}

/**
 * Claims the handshake for the one callback that may use it. False when another request claimed it, it has ended, or it was
 * confirmed again. `token` identifies a callback without a state, so a reload finds the handshake.
 */
export async function claimHandshake (
  { db }: Database, { id, stateHash }: Pick<Handshake, 'id' | 'stateHash'>, now: number, token?: string
): Promise<boolean> {
  const isUnchanged = stateHash === null ? isNull(handshakes.stateHash) : eq(handshakes.stateHash, stateHash)
  const rows = await db.update(handshakes)
    .set({ claimedAt: new Date(now), ...token === undefined ? {} : { stateHash: hashSecret(token) } })
    .where(and(stillOpen(id, now), isUnchanged, token === undefined ? undefined : isUnused(token)))
    .returning({ id: handshakes.id })
  return rows.length === 1
}

/** Whether `secret` belongs to the browser of the handshake. */
export function isBrowserOf ({ browserHash }: Pick<Handshake, 'browserHash'>, secret: string): boolean {
  return browserHash === hashSecret(secret)
}

/** Whether the handshake may be confirmed with this proof. */
export function mayConfirm ({ browserHash, formHash }: Handshake, { cookie, form }: BrowserProof): boolean {
  return browserHash === null || (cookie !== undefined && browserHash === hashSecret(cookie)) ||
    (form !== undefined && formHash === hashSecret(form))
}

/** The confirmed handshakes of a browser at one provider, found by the secrets in its cookies, the latest first. */
export async function listConfirmed (
  { db }: Database, { browsers, provider }: { browsers: string[], provider: string }, now: number
): Promise<Handshake[]> {
  if (browsers.length === 0) return []
  const rows = await selectHandshakes(db).where(ofBrowsers(browsers, provider))
    .orderBy(desc(handshakes.confirmedAt), desc(handshakes.id))
  return rows.map((row) => toHandshake(row, now))
}

/** Selects the confirmed redirects of a browser at one provider. */
export function ofBrowsers (browsers: string[], provider: string) {
  return and(inArray(handshakes.browserHash, browsers.map(hashSecret)), eq(handshakes.provider, provider),
    eq(handshakes.kind, 'redirect'), isNotNull(handshakes.stateHash))
}

function isUnused (token: string) {
  return sql`not exists (select from handshakes other where other.state_hash = ${hashSecret(token)})`
}

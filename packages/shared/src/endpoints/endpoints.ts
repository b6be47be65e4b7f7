import { asc, eq, gt, sql } from 'drizzle-orm'
import { endpoints } from '../db/index.ts'
import type { Database, disableReasons } from '../db/index.ts'
import { assignPositions, requestEvents } from '../events/index.ts'
import { activeSecrets, newWebhookSecret, replaceSecret } from '../webhooks/index.ts'
import type { SigningSecrets } from '../webhooks/index.ts'
import { sealContext } from '../vault/index.ts'
import type { Vault } from '../vault/index.ts'
import { cancelWaiting } from './deliveries/cancel-waiting.ts'

export interface Endpoint {
  id: string
  url: string
  description: string | null
  /** Types of events, or `*`. */
  events: string[]
  disabledAt: Date | null
  disabledReason: typeof disableReasons[number] | null
  /** The first failure since the last success, and the latest one. */
  failingSince: Date | null
  failure: string | null
  createdAt: Date
  updatedAt: Date
}

export interface EndpointInput {
  url: string
  description: string | null
  events: string[]
  enabled: boolean
}

export type EndpointUpdate = { [Name in keyof EndpointInput]?: EndpointInput[Name] | undefined }

/** More would make every event expensive. */
export const maxEndpoints = 50

const columns = {
  id: endpoints.id,
  url: endpoints.url,
  description: endpoints.description,
  events: endpoints.events,
  disabledAt: endpoints.disabledAt,
  disabledReason: endpoints.disabledReason,
  failingSince: endpoints.failingSince,
  failure: endpoints.failure,
  createdAt: endpoints.createdAt,
  updatedAt: endpoints.updatedAt
}

/** Creates an endpoint with a new secret. Does nothing when the id exists, or when there are `maxEndpoints` already. */
export async function createEndpoint (
  { db, sql: postgres }: Database, vault: Vault, { id, url, description, events, enabled }: EndpointInput & { id: string }
): Promise<'created' | 'exists' | 'tooMany'> {
  const secrets = sealSecrets(vault, id, { secret: newWebhookSecret() })
  const afterPosition = await assignPositions({ sql: postgres })
  return await db.transaction(async (tx) => {
    const others = await tx.select({ id: endpoints.id }).from(endpoints)
    if (others.some((other) => other.id === id)) return 'exists'
    if (others.length >= maxEndpoints) return 'tooMany'
    const created = await tx.insert(endpoints).values({
      id, url, description, events, afterPosition, secrets, ...!enabled && { disabledAt: sql`now()`, disabledReason: 'operator' as const }
    }).onConflictDoNothing().returning({ id: endpoints.id })
    if (created.length === 0) return 'exists'
    await requestEvents({ db: tx }, id, enabled ? events : [])
    return 'created'
  })
}

export async function findEndpoint ({ db }: Pick<Database, 'db'>, id: string): Promise<Endpoint | undefined> {
  const [row] = await db.select(columns).from(endpoints).where(eq(endpoints.id, id))
  return row
}

/** Oldest first. */
export async function listEndpoints (
  { db }: Database, { limit, after }: { limit: number, after?: string | undefined }
): Promise<Endpoint[]> {
  return db.select(columns).from(endpoints).where(after === undefined ? undefined : gt(endpoints.id, after))
    .orderBy(asc(endpoints.id)).limit(limit)
}

/**
 * Updates an endpoint. Enabling it or changing its URL resets its failures. An endpoint that is enabled again receives only
 * events from then on. Disabling it cancels what waits for it. Returns what changed; undefined when it does not exist.
 */
export async function updateEndpoint (
  { db, sql: postgres }: Pick<Database, 'db' | 'sql'>, id: string, { url, description, events, enabled }: EndpointUpdate
): Promise<Array<keyof EndpointUpdate> | undefined> {
  const afterPosition = enabled === true ? await assignPositions({ sql: postgres }) : 0
  return await db.transaction(async (tx) => {
    const [before] = await tx.select(columns).from(endpoints)
      .where(eq(endpoints.id, id)).for('no key update')
    if (before === undefined) return undefined
    const isDisabled = before.disabledAt !== null
    const isEnabledAgain = enabled === true && isDisabled
    const isFresh = isEnabledAgain || (url !== undefined && url !== before.url)
    await tx.update(endpoints).set({
      ...url !== undefined && { url },
      ...description !== undefined && { description },
      ...events !== undefined && { events },
      ...isEnabledAgain && { disabledAt: null, disabledReason: null, afterPosition },
      ...enabled === false && !isDisabled && { disabledAt: sql`now()`, disabledReason: 'operator' as const },
      ...isFresh && { failingSince: null, failure: null },
      updatedAt: sql`now()`
    }).where(eq(endpoints.id, id))
    if (enabled === false && !isDisabled) {
      await cancelWaiting({ db: tx }, id)
    }
    // Only events that an endpoint receives are recorded for it.
    await requestEvents({ db: tx }, id, enabled ?? !isDisabled ? events ?? before.events : [])
    return changesOf(before, { url, description, events, enabled })
  })
}

/** Deletes an endpoint with its deliveries and attempts. False when it does not exist. */
export async function deleteEndpoint ({ db }: Pick<Database, 'db'>, id: string): Promise<boolean> {
  return await db.transaction(async (tx) => {
    await requestEvents({ db: tx }, id, [])
    return (await tx.delete(endpoints).where(eq(endpoints.id, id)).returning({ id: endpoints.id })).length === 1
  })
}

/** Gives an endpoint a new secret. The earlier one also signs for a day. False when the endpoint does not exist. */
export async function rotateSecret ({ db }: Pick<Database, 'db'>, vault: Vault, id: string, now: number): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const [row] = await tx.select({ secrets: endpoints.secrets }).from(endpoints).where(eq(endpoints.id, id)).for('no key update')
    if (row === undefined) return false
    const secrets = replaceSecret(openSecrets(vault, id, row.secrets), newWebhookSecret(), now)
    await tx.update(endpoints).set({ secrets: sealSecrets(vault, id, secrets), updatedAt: sql`now()` }).where(eq(endpoints.id, id))
    return true
  })
}

/** The secrets that sign requests to an endpoint now, the newest first. Undefined when it does not exist. */
export async function readSecrets (
  { db }: Pick<Database, 'db'>, vault: Vault, id: string, now: number
): Promise<[string, ...string[]] | undefined> {
  const [row] = await db.select({ secrets: endpoints.secrets }).from(endpoints).where(eq(endpoints.id, id))
  return row && activeSecrets(openSecrets(vault, id, row.secrets), now)
}

/** Opens the sealed secrets of an endpoint. Throws VaultError. */
export function openSecrets (vault: Vault, id: string, sealed: string): SigningSecrets {
  return JSON.parse(vault.open(sealed, sealContext('endpoints.secrets', id)))
}

function changesOf (before: Endpoint, update: EndpointUpdate): Array<keyof EndpointUpdate> {
  const now: EndpointInput = { ...before, enabled: before.disabledAt === null }
  const names: Array<keyof EndpointInput> = ['url', 'description', 'events', 'enabled']
  return names.filter((name) => update[name] !== undefined && String(update[name]) !== String(now[name]))
}

function sealSecrets (vault: Vault, id: string, secrets: SigningSecrets): string {
  return vault.seal(JSON.stringify(secrets), sealContext('endpoints.secrets', id))
}

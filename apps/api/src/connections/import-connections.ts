import pMap from 'p-map'
import type { Actor } from '@carillon/shared/audit'
import type { SavedConnection } from '@carillon/shared/connections'
import { publicId } from '@carillon/shared/db'
import { DeletedUserError, ensureUsers } from '@carillon/shared/users'
import { nameFault } from '@carillon/shared/names'
import { ProviderError } from '@carillon/shared/providers'
import type { RequestContext, Grant, Provider } from '@carillon/shared/providers'
import { newRequestContext } from '../request-context.ts'
import { storeConnections } from './store-connections.ts'
import { findUnstorable } from '../input/find-unstorable.ts'
import type { Services } from '../services.ts'
import { readImportItem } from './import-item.ts'
import type { ImportItem } from './import-item.ts'

/** The result of an item. `reason` contains no credentials. */
export interface ImportResult {
  index: number
  /** Absent when the item has no readable user id. */
  userId?: string
  provider?: string
  connectionId?: string
  error?: ImportError
}

interface ImportError {
  code: 'invalidItem' | 'unknownProvider' | 'teamProvider' | 'duplicate' | 'badAccount' | 'badCredentials' | 'unauthorized' | 'notIdentified'
  reason: string
  /** For `invalidItem`: the invalid field, such as `account.name`. */
  path?: string
}

const identifyConcurrency = 16
const timeoutMs = 60_000

/** Imports tokens that the site already has. An item that is refused does not affect the others. */
export async function importConnections (services: Services, values: unknown[], actor: Actor): Promise<ImportResult[]> {
  const { database, providers } = services
  const call = newRequestContext(services, timeoutMs)
  const items = values.map(readImportItem)
  const duplicates = findDuplicates(items.map((one) => {
    const isSingle = 'item' in one && providers.get(one.item.provider)?.accounts === 'one'
    return isSingle ? [one.item.provider, one.item.userId] : undefined
  }))

  const read = await pMap(items, async (one, index): Promise<Grant | ImportError> => {
    if ('fault' in one) return { code: 'invalidItem', path: one.fault.path, reason: one.fault.message }
    const provider = providers.get(one.item.provider)
    if (provider === undefined) return { code: 'unknownProvider', reason: 'this server does not offer the provider' }
    if (provider.holder === 'team') return { code: 'teamProvider', reason: 'the owners of teams connect this provider' }
    if (duplicates.has(index)) return { code: 'duplicate', reason: 'an earlier item is for the same user and provider' }
    return await readGrant(provider, one.item, call)
  }, { concurrency: identifyConcurrency })

  // Where a user may connect several accounts, the accounts are known only now.
  const sameAccounts = findDuplicates(items.map((one, index) => {
    const grant = read[index]
    const isGood = 'item' in one && grant !== undefined && 'credentials' in grant
    return isGood ? [one.item.provider, one.item.userId, grant.account.id] : undefined
  }))
  for (const index of sameAccounts) read[index] = { code: 'duplicate', reason: 'an earlier item is for the same user and account' }

  const good = items.flatMap((one, index) => {
    const grant = read[index]
    if (!('item' in one) || grant === undefined || !('credentials' in grant)) return []
    return [{ index, grant, userId: one.item.userId, provider: one.item.provider }]
  })
  const saved = await store()
  const connectionIds = new Map(good.map(({ index }, position) => [index, saved[position]?.id]))

  return items.map((one, index) => {
    const result = read[index]
    const connectionId = connectionIds.get(index)
    return {
      index,
      ...'item' in one ? { userId: one.item.userId, provider: one.item.provider } : nameOf(values[index]),
      ...connectionId === undefined ? {} : { connectionId: publicId('connection', connectionId) },
      ...result !== undefined && 'code' in result ? { error: result } : {}
    }
  })

  /** A user who was deleted meanwhile is created again, as if the request had come later. */
  async function store (attemptsLeft = 3): Promise<SavedConnection[]> {
    try {
      const userIds = await ensureUsers(database, good.map(({ userId }) => userId))
      return await storeConnections(services, good.map(({ userId, provider, grant }) => ({
        userId: userIds.get(userId) ?? unknownUser(), provider, grant
      })), actor)
    } catch (error) {
      if (!(error instanceof DeletedUserError) || attemptsLeft === 0) throw error
      return await store(attemptsLeft - 1)
    }
  }
}

/** The positions of keys that occurred before. Undefined is no key. */
function findDuplicates (keys: Array<string[] | undefined>): Set<number> {
  const seen = new Set<string>()
  const duplicates = new Set<number>()
  for (const [index, parts] of keys.entries()) {
    if (parts === undefined) continue
    const key = JSON.stringify(parts)
    if (seen.has(key)) duplicates.add(index)
    seen.add(key)
  }
  return duplicates
}

/** The user and the provider of an invalid item, so that the caller can find it, if their lengths are valid. */
function nameOf (value: unknown): { userId?: string, provider?: string } {
  const { userId, provider }: { userId?: unknown, provider?: unknown } = Object(value)
  return {
    ...typeof userId === 'string' && userId.length <= 255 ? { userId } : {},
    ...typeof provider === 'string' && provider.length <= 64 ? { provider } : {}
  }
}

async function readGrant (
  provider: Provider, { credentials: given, account, expiresAt }: ImportItem, call: RequestContext
): Promise<Grant | ImportError> {
  const expiry = expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }
  try {
    const fault = account === undefined ? undefined : nameFault(account.name)
    if (fault !== undefined) return { code: 'badAccount', reason: `the name of the account ${fault}` }
    const credentials = provider.parseCredentials(given)
    // Bounces and limits find a connection by what the provider calls the account.
    const owner = account === undefined || provider.identifiesOffline === true
      ? { ...await provider.identify(credentials, call), ...account !== undefined && { name: account.name } }
      : account
    // All items are stored in one statement, and PostgreSQL would refuse all of them for one invalid text.
    if (findUnstorable(owner) !== undefined) return { code: 'notIdentified', reason: 'the name of the account cannot be stored' }
    return { ...provider.share?.(credentials, owner) ?? { credentials }, account: owner, ...expiry }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    const { failure, status } = error
    if (failure.kind === 'unauthorized') return { code: 'unauthorized', reason: failure.reason }
    const isUnread = failure.kind === 'malformed' && status === undefined
    return { code: isUnread ? 'badCredentials' : 'notIdentified', reason: failure.reason }
  }
}

function unknownUser (): never {
  throw new Error('An upsert returned no row')
}

import pMap from 'p-map'
import { ensureUsers, publicId } from '@carillon/shared/db'
import { nameFault } from '@carillon/shared/names'
import { ProviderError } from '@carillon/shared/providers'
import type { Account, Call, Grant, Provider } from '@carillon/shared/providers'
import { newCall } from '../call.ts'
import { keepConnections } from '../connect/keep-connections.ts'
import type { Services } from '../services.ts'

export interface ImportItem {
  /** The site's own id. */
  userId: string
  provider: string
  credentials: object
  account?: Account
  expiresAt?: string
}

/** What became of an item. A `reason` holds no credential. */
export interface ImportResult {
  index: number
  userId: string
  provider: string
  connectionId?: string
  error?: { code: 'unknownProvider' | 'teamProvider' | 'duplicate' | 'badAccount' | 'badCredentials' | 'unauthorized' | 'notIdentified', reason: string }
}

const identifiedAtATime = 16
const timeoutMs = 60_000

/** Takes over tokens that a site already holds. Each item stands for itself: those that are refused stop no others. */
export async function importConnections (services: Services, items: ImportItem[]): Promise<ImportResult[]> {
  const { database, providers } = services
  const call = newCall(services, timeoutMs)
  const seen = new Set<string>()
  const duplicates = items.map(({ userId, provider }) => {
    const key = JSON.stringify([provider, userId])
    return seen.has(key) || seen.add(key) === undefined
  })

  const read = await pMap(items, async (item, index) => {
    const provider = providers.get(item.provider)
    if (provider === undefined) return { code: 'unknownProvider', reason: 'this server does not offer it' } as const
    if (provider.holder === 'team') return { code: 'teamProvider', reason: 'it is connected for teams, by their owners' } as const
    if (duplicates[index] === true) return { code: 'duplicate', reason: 'an earlier item is for the same user and provider' } as const
    return await readGrant(provider, item, call)
  }, { concurrency: identifiedAtATime })

  const good = items.flatMap(({ userId, provider }, index) => {
    const grant = read[index]
    return grant !== undefined && 'credentials' in grant ? [{ index, userId, provider, grant }] : []
  })
  const userIds = await ensureUsers(database, good.map(({ userId }) => userId))
  const saved = await keepConnections(services, good.map(({ userId, provider, grant }) => ({
    userId: userIds.get(userId) ?? unknownUser(), provider, grant
  })))
  const connectionIds = new Map(good.map(({ index }, position) => [index, saved[position]?.id]))

  return items.map(({ userId, provider }, index) => {
    const result = read[index]
    const connectionId = connectionIds.get(index)
    return {
      index,
      userId,
      provider,
      ...connectionId === undefined ? {} : { connectionId: publicId('connection', connectionId) },
      ...result !== undefined && 'code' in result ? { error: result } : {}
    }
  })
}

async function readGrant (
  provider: Provider, { credentials: given, account, expiresAt }: ImportItem, call: Call
): Promise<Grant | NonNullable<ImportResult['error']>> {
  const expiry = expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }
  try {
    const fault = account === undefined ? undefined : nameFault(account.name)
    if (fault !== undefined) return { code: 'badAccount', reason: `the name of the account ${fault}` }
    const credentials = provider.parseCredentials(given)
    return { credentials, account: account ?? await provider.identify(credentials, call), ...expiry }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    const { verdict, status } = error
    if (verdict.kind === 'unauthorized') return { code: 'unauthorized', reason: verdict.reason }
    const isUnread = verdict.kind === 'malformed' && status === undefined
    return { code: isUnread ? 'badCredentials' : 'notIdentified', reason: verdict.reason }
  }
}

function unknownUser (): never {
  throw new Error('An upsert returned no row')
}

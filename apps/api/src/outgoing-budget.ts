import { createHash } from 'node:crypto'
import { ProviderError } from '@carillon/shared/providers'
import type { Provider } from '@carillon/shared/providers'
import { takeBudget } from '@carillon/shared/throttling'
import type { Budget } from '@carillon/shared/throttling'
import { Problem } from './problems/problem.ts'
import type { Services } from './services.ts'

/** Requests to a provider that the API is about to make. */
export interface OutgoingRequests {
  /** Carillon's ids. Requests through a team's connection are charged to the team. */
  owner: { userId?: string | null, teamId?: string | null }
  provider: Provider
  /** The account that the requests are for, if the provider lets users choose its host. */
  account?: string | null | undefined
  /** The host of an address that the user entered, if users choose it. */
  host?: string | undefined
  /** The usual number of requests. */
  cost: number
}

/** A user enters few addresses, and a handshake sends six codes at most. */
const messagesPerUser = { perMinute: 1, burst: 20 }
const messagesPerAddress = { perMinute: 0.2, burst: 8 }

type BudgetServices = Pick<Services, 'database' | 'outgoingLimits'>

/**
 * Charges requests to the budgets of their user, host and provider, whichever route makes them. Throws Problem `tooManyRequests`
 * with `Retry-After` when a budget is used up.
 */
export async function chargeOutgoing (services: BudgetServices, requests: OutgoingRequests): Promise<void> {
  const seconds = await takeOutgoing(services, requests)
  if (seconds === 0) return
  throw new Problem('tooManyRequests',
    `The limit of requests to ${requests.provider.name} for this user, host or provider is reached: try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`, {
      headers: { 'retry-after': String(seconds) }
    })
}

/**
 * Charges a message to an address whose owner may be another person, to budgets of its user and of the address. Throws Problem
 * `tooManyRequests`. The message does not say which budget is used up: it would reveal what others did with the address.
 */
export async function chargeMessage (
  { database }: Pick<BudgetServices, 'database'>,
  { userId, provider, address }: { userId: string, provider: Provider, address: string }
): Promise<void> {
  const hash = createHash('sha256').update(address).digest('base64url')
  const seconds = await takeBudget(database, [
    { key: `messages:user:${userId}`, ...messagesPerUser }, { key: `messages:address:${provider.id}:${hash}`, ...messagesPerAddress }
  ], 1)
  if (seconds === 0) return
  throw new Problem('tooManyRequests',
    `Too many codes were sent by ${provider.name}: try again in ${Math.ceil(seconds / 60)} ${seconds <= 60 ? 'minute' : 'minutes'}`, {
      headers: { 'retry-after': String(seconds) }
    })
}

/** Charges requests and returns 0, or returns the seconds until the requests are allowed. */
export async function takeOutgoing (
  { database, outgoingLimits }: BudgetServices,
  { owner, provider, account, host = hostOf(provider, account), cost }: OutgoingRequests
): Promise<number> {
  const { perUser, perHost, perProvider } = outgoingLimits
  const { userId, teamId } = owner
  const budgets: Budget[] = [
    { key: typeof userId === 'string' ? `user:${userId}` : `team:${teamId ?? ''}`, perMinute: perUser },
    ...host === undefined ? [] : [{ key: `host:${provider.id}:${host}`, perMinute: perHost }],
    { key: `provider:${provider.id}`, perMinute: perProvider }
  ]
  return await takeBudget(database, budgets, cost)
}

function hostOf ({ parseAccount }: Provider, account: string | null | undefined): string | undefined {
  if (parseAccount === undefined || typeof account !== 'string') return undefined
  try {
    return parseAccount(account).host
  } catch (error) {
    if (error instanceof ProviderError) return undefined
    throw error
  }
}

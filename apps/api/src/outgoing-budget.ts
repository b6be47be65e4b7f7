import { ProviderError } from '@carillon/shared/providers'
import type { Provider } from '@carillon/shared/providers'
import { takeBudget } from '@carillon/shared/throttling'
import type { Budget } from '@carillon/shared/throttling'
import { Problem } from './problems/problem.ts'
import type { Services } from './services.ts'

/** Requests a minute that the API makes to providers for its callers. */
export interface OutgoingLimits {
  perUser: number
  /** Of those hosts that users choose. */
  perHost: number
  perProvider: number
}

/** Requests that the API is about to make, or to let in. */
export interface OutgoingRequests {
  /** Carillon's ids. Requests through a team's connection count for the team. */
  holder: { userId?: string | null, teamId?: string | null }
  provider: Provider
  /** The account they are about, where the provider lets users choose its host. */
  account?: string | null | undefined
  /** How many requests it usually takes. */
  cost: number
}

type BudgetServices = Pick<Services, 'database' | 'outgoingLimits'>

/**
 * Charges requests to the budgets of their user, host and provider, whichever route causes them. Throws Problem
 * `tooManyRequests` with `Retry-After` when one of them is used up.
 */
export async function chargeOutgoing (services: BudgetServices, requests: OutgoingRequests): Promise<void> {
  const seconds = await takeOutgoing(services, requests)
  if (seconds === 0) return
  throw new Problem('tooManyRequests',
    `The limit of requests to ${requests.provider.name} for this user, host or provider is reached: try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`, {
      headers: { 'retry-after': String(seconds) }
    })
}

/** The same without a throw: gives 0, or the seconds until they may be made. */
export async function takeOutgoing (
  { database, outgoingLimits }: BudgetServices, { holder, provider, account, cost }: OutgoingRequests
): Promise<number> {
  const { perUser, perHost, perProvider } = outgoingLimits
  const { userId, teamId } = holder
  const host = hostOf(provider, account)
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

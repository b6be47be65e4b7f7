import { idOf } from './stable-id.ts'

export interface AdAccount {
  /** Without the `act_` of the node's id. */
  readonly accountId: string
  readonly name: string
  readonly currency: string
  readonly timeZone: string
}

const MARKETS = [
  ['EUR', 'Europe/Berlin'],
  ['USD', 'America/Los_Angeles'],
  ['AUD', 'Australia/Sydney'],
  ['INR', 'Asia/Kolkata'],
  ['BRL', 'America/Sao_Paulo']
] as const

export const FIRST_DAY = '2025-01-01'

/** A person always has the same ad accounts. Consecutive ones have different time zones. */
export function createAdAccounts (personId: string, count: number): AdAccount[] {
  return Array.from({ length: count }, (_, index) => {
    const [currency, timeZone] = MARKETS[(index + Number(personId.at(-1))) % MARKETS.length] ?? MARKETS[0]
    return { accountId: idOf(personId, index), name: `Ad account ${index + 1}`, currency, timeZone }
  })
}

/** The node of the ad account, with all its fields. */
export function nodeOf ({ accountId, name, currency, timeZone }: AdAccount): Record<string, unknown> {
  return {
    id: `act_${accountId}`,
    account_id: accountId,
    name,
    account_status: 1,
    currency,
    timezone_name: timeZone,
    created_time: `${FIRST_DAY}T00:00:00+0000`
  }
}

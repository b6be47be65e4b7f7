import type { Accounts } from '../kit/accounts.ts'
import type { AdAccount } from './insights/ad-accounts.ts'
import { createAdAccounts } from './insights/ad-accounts.ts'
import { PROVIDER } from './oauth/client.ts'
import { idOf } from './insights/stable-id.ts'
import type { PermissionStatus } from './oauth/permissions.ts'

export interface Person {
  /** The name by which the sandbox's controls know the account, and the person's own. */
  readonly account: string
  readonly id: string
  /** What was asked of this person so far; empty for somebody who has not let the app in. */
  readonly permissions: Map<string, PermissionStatus>
  /** When the app was last let in. Ninety days later it gets nothing more to see. */
  consentMs: number
  adAccounts: AdAccount[]
}

export interface People {
  /** The account of this name, made when it is new. */
  open: (account: string) => Person
  get: (account: string) => Person | undefined
  byId: (id: string) => Person | undefined
  all: () => Iterable<Person>
  /** Those who joined first, for a person to choose from. */
  names: (limit: number) => string[]
  count: () => number
  reset: () => void
}

const AD_ACCOUNTS = 2

export function createPeople (accounts: Accounts): People {
  const byAccount = new Map<string, Person>()
  const byId = new Map<string, Person>()

  return {
    open (account) {
      const known = byAccount.get(account)
      if (known !== undefined) return known
      const id = idOf(account)
      const person: Person = { account, id, permissions: new Map(), consentMs: 0, adAccounts: createAdAccounts(id, AD_ACCOUNTS) }
      byAccount.set(account, person)
      byId.set(id, person)
      accounts.add(PROVIDER, account)
      return person
    },

    get: (account) => byAccount.get(account),
    byId: (id) => byId.get(id),
    all: () => byAccount.values(),

    names (limit) {
      const names: string[] = []
      for (const name of byAccount.keys()) if (names.push(name) === limit) break
      return names
    },

    count: () => byAccount.size,

    reset () {
      byAccount.clear()
      byId.clear()
    }
  }
}

export function isGranted ({ permissions }: Person, ...names: string[]): boolean {
  return names.some((name) => permissions.get(name) === 'granted')
}

import type { Accounts } from '../kit/accounts.ts'
import { createUserStore } from '../kit/user-store.ts'
import type { UserStore } from '../kit/user-store.ts'
import { createAdAccounts } from './insights/ad-accounts.ts'
import type { AdAccount } from './insights/ad-accounts.ts'
import { idOf } from './insights/stable-id.ts'
import { PROVIDER } from './oauth/client.ts'
import type { PermissionStatus } from './oauth/permissions.ts'

export interface Person {
  /** Also the person's name. */
  readonly account: string
  readonly id: string
  /** The requested permissions. It is empty for a person who has not allowed the app. */
  readonly permissions: Map<string, PermissionStatus>
  /** When the person last allowed the app. Access to data ends ninety days later. */
  consentMs: number
  adAccounts: AdAccount[]
}

const AD_ACCOUNTS = 2

export function createPeople (accounts: Accounts): UserStore<Person> {
  return createUserStore<Person>({
    provider: PROVIDER,
    accounts,
    createUser (account) {
      const id = idOf(account)
      return { account, id, permissions: new Map(), consentMs: 0, adAccounts: createAdAccounts(id, AD_ACCOUNTS) }
    },
    idOf: ({ id }) => id
  })
}

export function isGranted ({ permissions }: Person, ...names: string[]): boolean {
  return names.some((name) => permissions.get(name) === 'granted')
}

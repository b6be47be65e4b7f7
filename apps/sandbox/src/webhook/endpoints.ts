import { randomBytes } from 'node:crypto'
import type { Accounts } from '../kit/accounts.ts'
import { createUserStore } from '../kit/user-store.ts'

/** A program of a user. Until its owner gives it a secret, it accepts every request. */
export interface Endpoint {
  readonly account: string
  secrets: string[]
  /** What it responds, whatever it receives. */
  status: number
  /** The ids of the messages that it has handled, so that it ignores repeats. */
  seen: Set<string>
}

export function createEndpoints (accounts: Accounts) {
  const endpoints = createUserStore<Endpoint>({
    provider: 'webhook',
    accounts,
    createUser: (account) => ({ account, secrets: [], status: 200, seen: new Set() }),
    toSaved: (endpoint) => ({ ...endpoint, seen: new Set() })
  })

  return {
    ...endpoints,

    /** An endpoint whose owner has already stored a secret. */
    createWithSecret (): { account: string, secret: string } {
      const { account } = endpoints.create()
      const secret = `whsec_${randomBytes(32).toString('base64')}`
      endpoints.open(account).secrets = [secret]
      return { account, secret }
    },

    /** Removes one endpoint or all, which then respond 410. */
    remove (account?: string): number {
      const isMeant = (one: Endpoint): boolean => account === undefined || one.account === account
      const removed = [...endpoints.all()].filter((one) => isMeant(one) && one.status !== 410)
      for (const endpoint of removed) endpoint.status = 410
      return removed.length
    }
  }
}

import { createECDH, randomBytes } from 'node:crypto'
import type { ECDH } from 'node:crypto'
import type { Accounts } from '../kit/accounts.ts'
import { randomText } from '../kit/random-text.ts'
import { StateMap } from '../kit/state/state-part.ts'
import type { StatePart } from '../kit/state/state-part.ts'

export const flavors = ['mozilla', 'google', 'apple', 'microsoft'] as const

/** The vendor whose rules and errors a subscription follows. */
export type Flavor = typeof flavors[number]

/** A subscription of a simulated browser, or of a real one that is connected by WebSocket. */
export interface Subscription {
  account: string
  token: string
  flavor: Flavor
  /** The public VAPID key of the subscription. Without one, the first key that sends to it becomes its key. */
  serverKey: string | undefined
  isGone: boolean
  /** The keys of a simulated browser. A real browser keeps its own. */
  own: { pair: ECDH, auth: Buffer } | undefined
  /** The notifications on the screen, by tag. */
  onScreen: Map<string, string>
  /** Messages that wait while the browser is offline. */
  waiting: PushMessage[]
  isOffline: boolean
  /** Passes messages to a real browser. */
  forward?: (message: PushMessage) => void
}

export interface PushMessage {
  id: string
  body: Buffer
  ttl: number
  topic: string | undefined
}

interface SubscribeInput {
  account?: string | undefined
  serverKey?: string | undefined
  flavor?: Flavor | undefined
}

export interface Browsers extends StatePart {
  /** A simulated browser's subscription. It has one at a time: with another key, or after its end, it gets a new one. */
  subscribe: (input: SubscribeInput) => Subscription
  /** A subscription of a real browser. */
  register: (account: string, serverKey: string | undefined) => Subscription
  byToken: (token: string) => Subscription | undefined
  byAccount: (account: string) => Subscription | undefined
  /** Ends the subscription of one account or of all, as a user does who withdraws the permission. Returns their number. */
  end: (account?: string) => number
  names: () => string[]
  reset: () => void
}

export function createBrowsers (provider: string, accounts: Accounts): Browsers {
  const byToken = new StateMap<string, Subscription>()
  const byAccount = new Map<string, Subscription>()

  return {
    subscribe ({ account = accounts.freshName(provider), serverKey, flavor = 'mozilla' }) {
      const known = byAccount.get(account)
      if (known?.own !== undefined && !known.isGone && known.serverKey === serverKey) return known
      const pair = createECDH('prime256v1')
      pair.generateKeys()
      return add(account, serverKey, flavor, { pair, auth: randomBytes(16) })
    },
    register: (account, serverKey) => add(account, serverKey, 'mozilla', undefined),
    byToken: (token) => byToken.get(token),
    byAccount: (account) => byAccount.get(account),
    end (account) {
      const ended = [...byAccount.values()].filter((each) => !each.isGone && (account === undefined || each.account === account))
      for (const each of ended) each.isGone = true
      return ended.length
    },
    names: () => [...byAccount.keys()].slice(-20),

    version: () => byToken.version(),
    save: () => [...byToken.values()].map(toSaved),
    load (saved) { for (const each of saved as SavedSubscription[]) keep(fromSaved(each)) },

    reset () {
      byToken.clear()
      byAccount.clear()
    }
  }

  function add (account: string, serverKey: string | undefined, flavor: Flavor, own: Subscription['own']): Subscription {
    const old = byAccount.get(account)
    if (old !== undefined) old.isGone = true
    const subscription: Subscription = {
      account, token: randomText(40), flavor, serverKey, isGone: false, own, onScreen: new Map(), waiting: [], isOffline: false
    }
    return keep(subscription)
  }

  function keep (subscription: Subscription): Subscription {
    byToken.set(subscription.token, subscription)
    byAccount.set(subscription.account, subscription)
    accounts.add(provider, subscription.account)
    return subscription
  }
}

interface SavedSubscription extends Pick<Subscription, 'account' | 'token' | 'flavor' | 'serverKey' | 'isGone'> {
  own: { privateKey: Buffer, auth: Buffer } | undefined
}

/** Messages on the screen and waiting ones are not saved, and neither is the connection of a real browser. */
function toSaved ({ account, token, flavor, serverKey, isGone, own }: Subscription): SavedSubscription {
  return { account, token, flavor, serverKey, isGone, own: own && { privateKey: own.pair.getPrivateKey(), auth: own.auth } }
}

function fromSaved ({ own, ...saved }: SavedSubscription): Subscription {
  const pair = createECDH('prime256v1')
  if (own !== undefined) pair.setPrivateKey(own.privateKey)
  return { ...saved, own: own && { pair, auth: own.auth }, onScreen: new Map(), waiting: [], isOffline: false }
}

/** The subscription as a browser serializes it. */
export function serialize ({ own, serverKey }: Subscription, endpoint: string): object {
  return {
    endpoint,
    expirationTime: null,
    ...own !== undefined && { keys: { p256dh: own.pair.getPublicKey('base64url'), auth: own.auth.toString('base64url') } },
    ...serverKey !== undefined && { applicationServerKey: serverKey }
  }
}

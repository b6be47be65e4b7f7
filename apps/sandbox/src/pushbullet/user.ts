import type { Channel } from './channels.ts'
import type { Chat } from './chats.ts'
import { createCollection } from './collection.ts'
import type { Collection } from './collection.ts'
import type { Device } from './devices.ts'
import type { Push } from './pushes.ts'
import type { Subscription } from './subscriptions.ts'
import type { Text } from './texts.ts'
import type { Timestamps } from './timestamps.ts'

/** One Pushbullet account and all that is in it. */
export interface User {
  /** The name by which the sandbox's controls know the account. */
  readonly account: string
  readonly iden: string
  readonly name: string
  readonly email: string
  readonly emailNormalized: string
  readonly created: number
  readonly tokens: Set<string>
  /** Unix seconds at which the requests made in this period are forgotten, and what they have cost. */
  readonly spending: { periodEnds: number, cost: number }
  /** The iden of the push that was created under a guid. */
  readonly guids: Map<string, string>
  readonly pushes: Collection<Push>
  readonly devices: Collection<Device>
  readonly chats: Collection<Chat>
  readonly subscriptions: Collection<Subscription>
  readonly channels: Collection<Channel>
  readonly texts: Collection<Text>
}

export function createUser (account: string, iden: string, timestamps: Timestamps): User {
  const email = `${account.replace(/[^\w.-]+/g, '-')}@pushbullet.example`
  return {
    account,
    iden,
    name: account.charAt(0).toUpperCase() + account.slice(1),
    email,
    emailNormalized: email.toLowerCase(),
    created: timestamps.next(),
    tokens: new Set(),
    spending: { periodEnds: 0, cost: 0 },
    guids: new Map(),
    // Made when first asked for: of a hundred thousand accounts in a benchmark most only ever see pushes.
    get pushes () { return own(this, 'pushes', createCollection<Push>(`${iden}sj`, timestamps)) },
    get devices () { return own(this, 'devices', withFirstDevice(account, createCollection<Device>(`${iden}dj`, timestamps))) },
    get chats () { return own(this, 'chats', createCollection<Chat>(`${iden}ch`, timestamps)) },
    get subscriptions () { return own(this, 'subscriptions', createCollection<Subscription>(`${iden}su`, timestamps)) },
    get channels () { return own(this, 'channels', createCollection<Channel>(`${iden}ca`, timestamps)) },
    get texts () { return own(this, 'texts', createCollection<Text>(`${iden}tx`, timestamps)) }
  }
}

function own<T> (user: object, name: string, value: T): T {
  Object.defineProperty(user, name, { value })
  return value
}

/** Nobody signs up to Pushbullet without a device to be rung on. */
function withFirstDevice (account: string, devices: Collection<Device>): Collection<Device> {
  devices.create({ icon: 'phone', nickname: `${account}'s phone`, manufacturer: 'Example', model: 'Phone 1', has_sms: true })
  return devices
}

import { createCollection } from './collection.ts'
import type { Collection, Timestamps } from './collection.ts'
import type { Channel, Chat, Device, Push, Subscription, Text } from './objects.ts'

/** A Pushbullet account. Most accounts of a benchmark have only pushes, so collections are created on first use. */
export class User {
  readonly account: string
  readonly iden: string
  readonly created: number
  /** The cost of this period's requests, and the Unix second when the period ends. */
  spentCost = 0
  periodEnds = 0
  readonly #timestamps: Timestamps
  #guids: Map<string, string> | undefined
  #pushes: Collection<Push> | undefined
  #devices: Collection<Device> | undefined
  #chats: Collection<Chat> | undefined
  #subscriptions: Collection<Subscription> | undefined
  #channels: Collection<Channel> | undefined
  #texts: Collection<Text> | undefined

  constructor (account: string, iden: string, timestamps: Timestamps) {
    this.account = account
    this.iden = iden
    this.created = timestamps.next()
    this.#timestamps = timestamps
  }

  get name (): string { return this.account.charAt(0).toUpperCase() + this.account.slice(1) }
  get email (): string { return `${this.account.replace(/[^\w.-]+/g, '-')}@pushbullet.example` }
  get emailNormalized (): string { return this.email.toLowerCase() }

  /** The iden of the push with a guid. */
  get guids (): Map<string, string> { return (this.#guids ??= new Map()) }
  get pushes (): Collection<Push> { return (this.#pushes ??= this.#collect<Push>('sj')) }
  get devices (): Collection<Device> { return (this.#devices ??= withFirstDevice(this.account, this.#collect<Device>('dj'))) }
  get chats (): Collection<Chat> { return (this.#chats ??= this.#collect<Chat>('ch')) }
  get subscriptions (): Collection<Subscription> { return (this.#subscriptions ??= this.#collect<Subscription>('su')) }
  get channels (): Collection<Channel> { return (this.#channels ??= this.#collect<Channel>('ca')) }
  get texts (): Collection<Text> { return (this.#texts ??= this.#collect<Text>('tx')) }

  #collect<T extends object> (kind: string): Collection<T> {
    return createCollection<T>(this.iden + kind, this.#timestamps)
  }
}

/** A user signs up to Pushbullet on a device. */
function withFirstDevice (account: string, devices: Collection<Device>): Collection<Device> {
  devices.create({ icon: 'phone', nickname: `${account}'s phone`, manufacturer: 'Example', model: 'Phone 1', has_sms: true })
  return devices
}

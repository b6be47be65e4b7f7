import { followersUrl } from '../api/show.ts'
import { isFields } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { ADDRESS_FIELDS } from '../store/model.ts'
import type { Addresses, Audience, User } from '../store/model.ts'
import { nicknameIn } from '../store/users.ts'
import type { Users } from '../store/users.ts'
import { PUBLIC_ID } from './activity.ts'

export function readAddresses (fields: Fields): Addresses {
  const addresses: Addresses = {}
  for (const name of ADDRESS_FIELDS) {
    const value = fields[name]
    if (Array.isArray(value)) addresses[name] = value.filter(isFields).map((address) => ({ objectType: 'person', ...address }))
  }
  return addresses
}

export function hasAddressee (addresses: Addresses): boolean {
  return ADDRESS_FIELDS.some((name) => (addresses[name] ?? []).length > 0)
}

/** Receivers of other hosts stay in the activity and receive nothing, since there is no other host. */
export function audienceOf (addresses: Addresses, actor: User, origin: string, users: Users): Audience {
  const { to = [], cc = [], bto = [], bcc = [] } = addresses
  const all = [...to, ...cc, ...bto, ...bcc]
  const named = (list: Fields[]): User[] => list.flatMap((address) => receiverOf(address, origin, users) ?? [])
  return {
    isPublic: all.some(({ id }) => id === PUBLIC_ID),
    isForFollowers: all.some(({ id }) => id === followersUrl(actor, origin)),
    people: named(all),
    direct: named([...to, ...bto])
  }
}

/** On a port other than 80 and 443, pump.io accepts `acct:NAME@HOST:PORT`, and delivers only to profiles. */
function receiverOf (address: Fields, origin: string, users: Users): User | undefined {
  const isAcct = typeof address['id'] === 'string' && address['id'].startsWith('acct:')
  return isAcct && new URL(origin).port !== '' ? undefined : personOf(address, origin, users)
}

/** The user of this host with this id: `acct:NAME@HOST:PORT`, or the address of the profile. */
export function personOf ({ id }: Fields, origin: string, users: Users): User | undefined {
  if (typeof id !== 'string') return undefined
  const host = origin.replace(/^https?:\/\//, '')
  if (id.startsWith('acct:')) {
    const user = users.get(nicknameIn(id))
    return user !== undefined && (id.endsWith(`@${host}`) || id === `acct:${user.account}`) ? user : undefined
  }
  const [, nickname] = /\/api\/user\/([^/]+)\/profile$/.exec(id) ?? []
  return nickname !== undefined && id.startsWith(`${origin}/`) ? users.get(nickname) : undefined
}

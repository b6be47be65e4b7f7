import type { Accounts } from '../../kit/accounts.ts'
import { PROVIDER } from '../oauth/client.ts'
import type { Stream, User } from './objects.ts'
import type { Streams } from './streams.ts'
import { toSegment } from './names.ts'

/** A user, and the stream that bears the user's name. */
export interface Member {
  user: User
  root: Stream
}

export interface Users {
  /** The account of this valid user name, made when it is new. Names that differ in case alone are the same. */
  open: (userName: string) => Member
  byId: (id: string) => Member | undefined
  /** Those who joined first, for a person to choose from. */
  names: (limit: number) => string[]
  reset: () => void
}

export function createUsers (accounts: Accounts, streams: Streams, nextId: () => string): Users {
  const byId = new Map<string, Member>()

  return {
    open (userName) {
      const known = streams.byUri(toSegment(userName))
      const member = known === undefined ? undefined : byId.get(known.owner.id)
      if (member !== undefined) return member

      const user = { id: nextId(), userName, streamCount: 0 }
      const joined = { user, root: streams.create(userName, user) }
      byId.set(user.id, joined)
      accounts.add(PROVIDER, userName)
      return joined
    },

    byId: (id) => byId.get(id.toLowerCase()),

    names (limit) {
      const names: string[] = []
      for (const { user } of byId.values()) if (names.push(user.userName) === limit) break
      return names
    },

    reset: () => { byId.clear() }
  }
}

/** What a user looks like to clients. */
export function showUser ({ user, root }: Member): { id: string, userName: string, rootStream: string } {
  return { id: user.id, userName: user.userName, rootStream: root.id }
}

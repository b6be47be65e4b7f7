import type { User } from '../store/user.ts'

/** A push that was accepted with a guid. */
interface CountedPush {
  user: User
  iden: string
  /** Milliseconds since the epoch, with fractions. */
  atMs: number
}

interface TallyCounts {
  /** Accepted pushes. Each has its own guid. */
  distinct: number
  /** Requests whose guid had made a push before. */
  repeated: number
}

/** Counts pushes instead of keeping them. It stores the guid and the time of each. */
export interface Tally {
  /** Counts a push, or finds the sender's earlier push with this guid. Returns its iden. */
  take: (user: User, guid: string, atMs: number) => string
  counts: () => TallyCounts
  /** Resolves with the time when the push with this guid arrived; undefined when it did not arrive within `waitMs`. */
  arrival: (guid: string, waitMs: number) => Promise<number | undefined>
  reset: () => void
}

export function createTally (): Tally {
  const pushes = new Map<string, CountedPush>()
  const waiting = new Map<string, (atMs: number) => void>()
  let repeated = 0

  return {
    take (user, guid, atMs) {
      let key = guid
      let known = pushes.get(guid)
      if (known !== undefined && known.user !== user) {
        // Two accounts may use the same guid, and their pushes are different ones.
        key = `${guid} ${user.iden}`
        known = pushes.get(key)
      }
      if (known !== undefined) {
        repeated++
        return known.iden
      }
      const iden = `${user.iden}sj${pushes.size.toString(36).padStart(6, '0')}`
      pushes.set(key, { user, iden, atMs })
      if (waiting.size > 0) waiting.get(guid)?.(atMs)
      return iden
    },

    counts: () => ({ distinct: pushes.size, repeated }),

    arrival (guid, waitMs) {
      const known = pushes.get(guid)
      if (known !== undefined) return Promise.resolve(known.atMs)
      return new Promise((resolve) => {
        const end = (atMs?: number): void => {
          clearTimeout(timer)
          waiting.delete(guid)
          resolve(atMs)
        }
        const timer = setTimeout(end, waitMs)
        waiting.set(guid, end)
      })
    },

    reset () {
      pushes.clear()
      repeated = 0
    }
  }
}

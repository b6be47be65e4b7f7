import type { User } from '../store/user.ts'

/** A push that was taken under a guid. */
interface Taken {
  user: User
  iden: string
  /** Milliseconds since the epoch, with fractions. */
  atMs: number
}

interface TallyCounts {
  /** Pushes taken, each under a guid of its own. */
  distinct: number
  /** Requests that brought a guid which had been taken already. */
  repeated: number
}

/** Counts pushes instead of keeping them: of each there is the guid it came under, and when. */
export interface Tally {
  /** Takes a push, or finds the one that its sender's guid has made before; answers its iden. */
  take: (user: User, guid: string, atMs: number) => string
  counts: () => TallyCounts
  /** When the push under this guid came, as soon as it has; undefined when it did not within `waitMs`. */
  arrival: (guid: string, waitMs: number) => Promise<number | undefined>
  reset: () => void
}

export function createTally (): Tally {
  const pushes = new Map<string, Taken>()
  const waiting = new Map<string, (atMs: number) => void>()
  let repeated = 0

  return {
    take (user, guid, atMs) {
      let key = guid
      let known = pushes.get(guid)
      if (known !== undefined && known.user !== user) {
        // Another account's guid is nobody's business: it must neither hide this push nor be counted as its repetition.
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

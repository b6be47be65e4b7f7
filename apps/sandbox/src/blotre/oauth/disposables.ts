import type { Clock } from '../../kit/clock.ts'
import { StateMap } from '../../kit/state/state-part.ts'
import type { StatePart } from '../../kit/state/state-part.ts'
import { randomCode, randomToken } from './random-tokens.ts'

export const CODE_SECONDS = 1200
const CODE_LENGTH = 8

/** An application to which one user gives access by entering its code. */
interface Disposable {
  readonly id: string
  readonly secret: string
  readonly name: string
  readonly blurb: string
  readonly code: string
  readonly createdMs: number
  /** The user who has redeemed the code. */
  account: string | undefined
}

export interface Disposables {
  create: (name: string, blurb: string) => Disposable
  byId: (id: string) => Disposable | undefined
  /** Undefined when the code is expired or used. */
  byCode: (code: string) => Disposable | undefined
  /** Called when the client exchanges the code. */
  useCode: (disposable: Disposable) => void
  state: Record<string, StatePart>
  reset: () => void
}

export function createDisposables (clock: Clock, nextId: () => string): Disposables {
  const byId = new StateMap<string, Disposable>()
  const byCode = new Map<string, Disposable>()

  return {
    create (name, blurb) {
      const code = randomCode(CODE_LENGTH)
      const disposable = { id: nextId(), secret: randomToken(), name, blurb, code, createdMs: clock.nowMs(), account: undefined }
      byId.set(disposable.id, disposable)
      byCode.set(code, disposable)
      return disposable
    },

    byId: (id) => byId.get(id.toLowerCase()),

    byCode (code) {
      const found = byCode.get(code)
      return found !== undefined && clock.nowMs() - found.createdMs < CODE_SECONDS * 1000 ? found : undefined
    },

    useCode: ({ code }) => { byCode.delete(code) },
    // Its owner stores its id and secret. A code ends with the process.
    state: { disposables: byId },

    reset () {
      byId.clear()
      byCode.clear()
    }
  }
}

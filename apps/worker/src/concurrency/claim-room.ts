import type { Kind } from './host-gate.ts'

/** Delays claims until what was claimed before has begun, so that no delivery waits in a worker for long. */
export interface ClaimRoom {
  /**
   * Resolves when the worker may claim `size` more deliveries of the provider, or when it stops. Returns the function that ends
   * the reservation.
   */
  enter: (provider: string, kind: Kind, size: number) => Promise<() => void>
  /** The maximum number of deliveries that one claim may take now. */
  maxClaim: (provider: string) => number
  /** For deliveries that are claimed and wait for a slot. */
  countWaiting: (provider: string, kind: Kind) => WaitingCount
}

export interface WaitingCount {
  /** Claims wait before this is false. */
  readonly hasRoom: boolean
  add: () => void
  remove: () => void
}

export interface ClaimRoomOptions {
  /** How many deliveries of a provider can begin within the time in which a claimed delivery shall begin. */
  countSoon: (provider: string) => number
  /** How many deliveries of a provider and kind may wait at most. */
  maxWaiting: (provider: string) => number
  /** When it aborts, the claims go on. They hand back what they claim. */
  stopping: AbortSignal
}

interface Line {
  waiting: number
  /** Deliveries whose claim is under way. */
  reserved: number
  claims: Array<() => void>
}

/**
 * Calls `run` when there is room for a claim of `size` deliveries. The reservation ends when `run` calls the function that it
 * gets, which also calls `onStarted`, and otherwise when `run` ends.
 */
export async function claimInRoom (
  room: ClaimRoom, { provider, kind, size, onStarted }: { provider: string, kind: Kind, size: number, onStarted: () => void },
  run: (onStarted: () => void) => Promise<void>
): Promise<void> {
  const leave = await room.enter(provider, kind, size)
  try {
    await run(() => {
      leave()
      onStarted()
    })
  } finally {
    leave()
  }
}

export function createClaimRoom ({ countSoon, maxWaiting, stopping }: ClaimRoomOptions): ClaimRoom {
  const lines = new Map<string, Line>()
  stopping.addEventListener('abort', () => {
    for (const { claims } of lines.values()) for (const start of claims.splice(0)) start()
  }, { once: true })

  return {
    async enter (provider, kind, size) {
      const line = lineOf(provider, kind)
      while (!stopping.aborted && isFull(provider, line)) {
        await new Promise<void>((resolve) => { line.claims.push(resolve) })
      }
      line.reserved += size
      let isOver = false
      return () => {
        if (isOver) return
        isOver = true
        line.reserved -= size
        startNext(provider, line)
      }
    },
    maxClaim: (provider) => Math.max(1, countSoon(provider)),
    countWaiting (provider, kind) {
      const line = lineOf(provider, kind)
      return {
        get hasRoom () { return line.waiting < 2 * maxWaiting(provider) },
        add () { line.waiting++ },
        remove () {
          line.waiting--
          startNext(provider, line)
        }
      }
    }
  }

  function lineOf (provider: string, kind: Kind): Line {
    const key = `${provider} ${kind}`
    const known = lines.get(key)
    if (known !== undefined) return known
    const line = { waiting: 0, reserved: 0, claims: [] }
    lines.set(key, line)
    return line
  }

  function isFull (provider: string, { waiting, reserved }: Line): boolean {
    const ahead = waiting + reserved
    return ahead > 0 && ahead > Math.min(maxWaiting(provider), countSoon(provider))
  }

  function startNext (provider: string, line: Line): void {
    if (line.claims.length > 0 && !isFull(provider, line)) line.claims.shift()?.()
  }
}

import { setTimeout as wait } from 'node:timers/promises'
import type { Simulator } from '../simulator.ts'
import { createStateFile } from './state-file.ts'
import type { StateFile } from './state-file.ts'

/** Saves the state of one simulator: accounts and tokens at once, and changes inside of them within about a second. */
export interface StateKeeper {
  /** Call it after each request. The promise, if any, resolves when the accounts and tokens of the response are on disk. */
  noticeRequest: () => Promise<void> | undefined
  /** Saves the changes since the last save. */
  save: () => Promise<void>
}

export interface StateKeeperOptions {
  folder: string
  simulator: Pick<Simulator, 'id' | 'name' | 'state' | 'reset'>
  warn: (line: string) => void
}

const CHECK_MS = 1_000
/** Responses do not wait until a larger state is saved. The size decides and not the time, which grows on a busy machine. */
const MAX_AWAITED_BYTES = 4_000_000
/** Between two saves, as multiples of the time that the first one took. */
const PAUSE_FACTORS = { awaited: 1, notAwaited: 10 }

/** Loads the saved state. A file that is not readable is renamed, and the simulator starts without accounts. */
export function createStateKeeper ({ folder, simulator, warn }: StateKeeperOptions): StateKeeper {
  const { id, name, state = {} } = simulator
  const parts = Object.entries(state)
  const file = createStateFile(folder, id)
  load()
  let savedVersion = version()
  let isAwaited = true
  let nextSaveMs = 0
  let previous = Promise.resolve()
  let next: Promise<void> | undefined
  let check: NodeJS.Timeout | undefined
  let hasFailed = false
  const closing = new AbortController()

  return {
    noticeRequest () {
      if (version() !== savedVersion) {
        const save = saveNext()
        return isAwaited ? save : undefined
      }
      check ??= setTimeout(() => {
        check = undefined
        saveNext().catch(() => {})
      }, CHECK_MS).unref()
      return undefined
    },

    async save () {
      clearTimeout(check)
      check = undefined
      // A pause ends now.
      closing.abort()
      // Requests may still arrive, and two writes at the same time would use the same draft.
      previous = previous.then(write)
      await previous
    }
  }

  /** Changes that come while a save waits are part of it, so many requests share one. */
  function saveNext (): Promise<void> {
    if (next !== undefined) return next
    next = previous.then(async () => {
      await wait(Math.max(0, nextSaveMs - performance.now()), undefined, { signal: closing.signal }).catch(() => {})
      next = undefined
      await write()
    })
    previous = next
    return next
  }

  async function write (): Promise<void> {
    const startedMs = performance.now()
    const current = version()
    try {
      const bytes = await file.write(Object.fromEntries(parts.map(([key, part]) => [key, part.save()])))
      isAwaited = bytes <= MAX_AWAITED_BYTES
      hasFailed = false
    } catch (error) {
      if (!hasFailed) warn(`The sandbox cannot save the accounts of ${name}: ${messageOf(error)}`)
      hasFailed = true
    }
    savedVersion = current
    const endedMs = performance.now()
    nextSaveMs = endedMs + (isAwaited ? PAUSE_FACTORS.awaited : PAUSE_FACTORS.notAwaited) * (endedMs - startedMs)
  }

  function version (): number {
    return parts.reduce((sum, [, part]) => sum + part.version(), 0)
  }

  function load (): void {
    try {
      const saved = file.read() ?? {}
      for (const [key, part] of parts) if (key in saved) part.load(saved[key])
    } catch (error) {
      simulator.reset()
      warn(`The sandbox cannot read the saved accounts of ${name}: ${messageOf(error)}. It starts without them; ${asideOf(file)}.`)
    }
  }
}

function asideOf (file: StateFile): string {
  try {
    return `the file is now ${file.setAside()}`
  } catch (error) {
    return `the file cannot be renamed (${messageOf(error)})`
  }
}

function messageOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

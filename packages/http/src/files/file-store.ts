import { onAbort } from '../client/on-abort.ts'

/**
 * Keeps the files of messages while they are sent, so a file is loaded once for all its recipients. The total size is limited:
 * a caller waits until there is enough room.
 */
export interface FileStore {
  /**
   * Runs `work` with the bytes that `load` returns, or has recently returned for the same `key`. They count as held until all
   * work with them ends. A load error is kept for a moment too. Rejects with the signal's reason when `signal` aborts.
   */
  use: <Result>(file: StoredFile, signal: AbortSignal, work: (bytes: Buffer) => Promise<Result>) => Promise<Result>
  /** The number of bytes held now, including those reserved for files that are loading. */
  heldBytes: () => number
}

export interface StoredFile {
  key: string
  /** The number of bytes to reserve while the file is loading. */
  loadBytes: number
  load: (signal: AbortSignal) => Promise<Buffer>
}

export interface FileStoreOptions {
  maxBytes?: number
  /** How long an unused file is kept. */
  keepMs?: number
  /** How long a load error applies to all callers of the file. */
  keepFailureMs?: number
}

class Entry {
  readonly controller = new AbortController()
  readonly loading: Promise<Buffer>
  status: 'loading' | 'loaded' | 'failed' = 'loading'
  bytes = 0
  users = 0
  forgetTimer: NodeJS.Timeout | undefined

  constructor (load: (entry: Entry) => Promise<Buffer>) {
    this.loading = load(this)
    this.loading.catch(() => {})
  }
}

export function createFileStore (
  { maxBytes = 128 * 1024 * 1024, keepMs = 600_000, keepFailureMs = 10_000 }: FileStoreOptions = {}
): FileStore {
  /** Ordered by their latest use. */
  const entries = new Map<string, Entry>()
  const waiting: Array<{ bytes: number, start: () => void }> = []
  let held = 0

  return { use, heldBytes: () => held }

  async function use<Result> (file: StoredFile, signal: AbortSignal, work: (bytes: Buffer) => Promise<Result>): Promise<Result> {
    signal.throwIfAborted()
    const entry = entries.get(file.key) ?? open(file)
    entry.users++
    if (entry.status === 'loaded') clearTimeout(entry.forgetTimer)
    try {
      return await work(await raceAbort(entry.loading, signal))
    } finally {
      entry.users--
      if (entry.users === 0) leave(file.key, entry)
    }
  }

  function open (file: StoredFile): Entry {
    const entry = new Entry((entry) => load(file, entry))
    entries.set(file.key, entry)
    return entry
  }

  async function load ({ key, loadBytes, load }: StoredFile, entry: Entry): Promise<Buffer> {
    const { signal } = entry.controller
    // A reservation of more than the limit would wait forever.
    await reserve(Math.min(loadBytes, maxBytes), entry)
    try {
      const bytes = await load(signal)
      // A load may succeed in spite of the abort. Its entry is already deleted, and would hold its bytes forever.
      signal.throwIfAborted()
      entry.status = 'loaded'
      resize(entry, bytes.length)
      return bytes
    } catch (error) {
      entry.status = 'failed'
      if (!signal.aborted) forgetLater(key, entry, keepFailureMs)
      resize(entry, 0)
      throw error
    }
  }

  /** Called when the entry has lost its last user. Aborts a running load, and keeps a loaded file for a while. */
  function leave (key: string, entry: Entry): void {
    if (entry.status === 'failed') return
    entries.delete(key)
    if (entry.status === 'loading') {
      entry.controller.abort()
      return
    }
    entries.set(key, entry)
    forgetLater(key, entry, keepMs)
    startWaiting()
  }

  function forgetLater (key: string, entry: Entry, afterMs: number): void {
    clearTimeout(entry.forgetTimer)
    entry.forgetTimer = setTimeout(() => {
      entries.delete(key)
      resize(entry, 0)
    }, afterMs).unref()
  }

  function reserve (bytes: number, entry: Entry): Promise<void> {
    const { signal } = entry.controller
    return new Promise((resolve, reject) => {
      const waiter = { bytes, start }
      const abort = (): void => {
        waiting.splice(waiting.indexOf(waiter), 1)
        reject(signal.reason)
        startWaiting()
      }
      signal.addEventListener('abort', abort, { once: true })
      waiting.push(waiter)
      startWaiting()

      function start (): void {
        signal.removeEventListener('abort', abort)
        resize(entry, bytes)
        resolve()
      }
    })
  }

  /** Serves callers in order, so small files do not overtake a large one forever. */
  function startWaiting (): void {
    for (let [first] = waiting; first !== undefined && makeRoom(first.bytes); [first] = waiting) {
      waiting.shift()
      first.start()
    }
  }

  /** Deletes unused files, the least recently used first, until there is room. */
  function makeRoom (bytes: number): boolean {
    for (const [key, entry] of entries) {
      if (held + bytes <= maxBytes) return true
      if (entry.users === 0 && entry.status === 'loaded') {
        entries.delete(key)
        clearTimeout(entry.forgetTimer)
        held -= entry.bytes
        entry.bytes = 0
      }
    }
    return held + bytes <= maxBytes
  }

  function resize (entry: Entry, bytes: number): void {
    const isLess = bytes < entry.bytes
    held += bytes - entry.bytes
    entry.bytes = bytes
    if (isLess) startWaiting()
  }
}

function raceAbort<Value> (promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(signal.reason))
    promise.then(resolve, reject).finally(release)
  })
}

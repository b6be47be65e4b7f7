import { randomUUID } from 'node:crypto'
import { chmod, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { lock } from 'proper-lockfile'
import { nothingKept, parseKept } from './kept.ts'
import type { Kept } from './kept.ts'

export interface CredentialsFile {
  readonly path: string
  /** The content. Throws Error for a file in another format, and does not change it. */
  read: () => Promise<Kept>
  /** Runs `work` under a lock of the file. `write` replaces the whole file in one step. */
  exclusively: <T>(work: (kept: Kept, write: (kept: Kept) => Promise<void>) => Promise<T>) => Promise<T>
}

/**
 * Creates the folder if it is missing, and removes other users' access to the file. Throws if the file cannot be written, before
 * the user authorizes anything.
 */
export async function openCredentialsFile (given: string, say: (line: string) => void): Promise<CredentialsFile> {
  await mkdir(dirname(resolve(given)), { recursive: true, mode: 0o700 })
  // Replace the target of a link, not the link.
  const path = await realpath(given).catch(() => resolve(given))
  await closeToOthers(path, say)
  const file: CredentialsFile = {
    path,
    read: () => readKept(path),
    async exclusively (work) {
      const held = await hold(path)
      try {
        return await work(await readKept(path), async (kept) => {
          held.check()
          await replace(path, kept)
        })
      } finally {
        await held.release()
      }
    }
  }
  await file.exclusively(async () => {})
  return file
}

async function closeToOthers (path: string, say: (line: string) => void): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) return
  if (!found.isFile()) throw new Error(`${path} is not a file`)
  const mode = found.mode & 0o777
  if ((mode & 0o077) === 0) return
  await chmod(path, 0o600)
  say(`${path} was readable by other users (mode ${mode.toString(8)}); its mode is now 600. They may have read its credentials.`)
}

async function readKept (path: string): Promise<Kept> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined || text.trim() === '') return nothingKept
  const kept = parseKept(text)
  if (kept === undefined) throw new Error(`${path} is not a credentials file of this program; it was not changed`)
  return kept
}

/** A lock whose holder died is taken over after ten seconds. */
async function hold (path: string) {
  let lost: Error | undefined
  const release = await lock(path, {
    realpath: false,
    stale: 10_000,
    retries: { retries: 300, factor: 1, minTimeout: 50, maxTimeout: 200, randomize: true },
    onCompromised: (error) => { lost = error }
  }).catch((error: unknown) => {
    throw codeOf(error) === 'ELOCKED' ? new Error(`${path} is in use by another process`) : error
  })
  return {
    check () {
      if (lost !== undefined) throw new Error(`${path} was taken over by another process`)
    },
    // A lost lock cannot be released.
    release: async () => { if (lost === undefined) await release() }
  }
}

/** Atomic: after a crash, either the old or the new file exists. */
async function replace (path: string, kept: Kept): Promise<void> {
  const draft = `${path}.${randomUUID()}`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(kept, undefined, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

function codeOf (error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

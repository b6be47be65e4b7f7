import { randomUUID } from 'node:crypto'
import { chmod, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { lock } from 'proper-lockfile'
import { nothingKept, parseKept } from './kept.ts'
import type { Kept } from './kept.ts'

export interface CredentialsFile {
  readonly path: string
  /** What it holds now. Throws Error for a file of another kind, which is left alone. */
  read: () => Promise<Kept>
  /** Runs `work` while no other process may change the file. `write` replaces all of it, in one step. */
  exclusively: <T>(work: (kept: Kept, write: (kept: Kept) => Promise<void>) => Promise<T>) => Promise<T>
}

/**
 * Makes the folder where it is missing, and sees to it that nobody else may read the file (`say` hears of that). Throws where
 * the file could not be written, so that nobody authorizes anything in vain.
 */
export async function openCredentialsFile (given: string, say: (line: string) => void): Promise<CredentialsFile> {
  await mkdir(dirname(resolve(given)), { recursive: true, mode: 0o700 })
  // A link stays one, and what it points to is replaced.
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
  say(`${path} was open to others (mode ${mode.toString(8)}); now it is 600. What it holds may be known to them.`)
}

async function readKept (path: string): Promise<Kept> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined || text.trim() === '') return nothingKept
  const kept = parseKept(text)
  if (kept === undefined) throw new Error(`${path} holds something else than credentials of this program; it is left alone`)
  return kept
}

/** A lock whose holder died is taken over after ten seconds; a refresh under way may well take as long as that. */
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
    // What is lost cannot be given back.
    release: async () => { if (lost === undefined) await release() }
  }
}

/** After a crash there is the old file or the new one. */
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

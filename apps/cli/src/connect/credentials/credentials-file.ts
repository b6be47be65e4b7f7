import { randomUUID } from 'node:crypto'
import { chmod, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { lock } from 'proper-lockfile'
import { noCredentials, parseStoredCredentials } from './stored-credentials.ts'
import type { StoredCredentials } from './stored-credentials.ts'

export interface CredentialsFile {
  readonly path: string
  /** The content. Throws Error for a file in another format, and does not change it. */
  read: () => Promise<StoredCredentials>
  /** Runs `work` under a lock of the file. `write` replaces the whole file in one step. */
  withLock: <T>(work: (stored: StoredCredentials, write: Write) => Promise<T>) => Promise<T>
}

type Write = (replacement: StoredCredentials) => Promise<void>

/**
 * Creates the folder if it is missing, and removes other users' access to the file. Throws if the file cannot be written, before
 * the user authorizes anything.
 */
export async function openCredentialsFile (given: string, say: (line: string) => void): Promise<CredentialsFile> {
  await mkdir(dirname(resolve(given)), { recursive: true, mode: 0o700 })
  // Replace the target of a link, not the link.
  const path = await realpath(given).catch(() => resolve(given))
  await makePrivate(path, say)
  const file: CredentialsFile = {
    path,
    read: () => readStoredCredentials(path),
    async withLock (work) {
      const fileLock = await acquireLock(path)
      try {
        return await work(await readStoredCredentials(path), async (replacement) => {
          fileLock.assertHeld()
          await replace(path, replacement)
        })
      } finally {
        await fileLock.release()
      }
    }
  }
  await file.withLock(async () => {})
  return file
}

async function makePrivate (path: string, say: (line: string) => void): Promise<void> {
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

async function readStoredCredentials (path: string): Promise<StoredCredentials> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined || text.trim() === '') return noCredentials
  const stored = parseStoredCredentials(text)
  if (stored === undefined) throw new Error(`${path} is not a credentials file of this program; it was not changed`)
  return stored
}

/** If the process with the lock has died, another process gets the lock after ten seconds. */
async function acquireLock (path: string) {
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
    assertHeld () {
      if (lost !== undefined) throw new Error(`${path} was taken over by another process`)
    },
    // A lost lock cannot be released.
    release: async () => { if (lost === undefined) await release() }
  }
}

/** Atomic: after a crash, either the old or the new file exists. */
async function replace (path: string, stored: StoredCredentials): Promise<void> {
  const draft = `${path}.${randomUUID()}`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(stored, undefined, 2)}\n`)
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

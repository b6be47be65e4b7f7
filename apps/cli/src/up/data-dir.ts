import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { LockedError, takeLock } from '@carillon/local'

export interface DataDir {
  path: string
  /** Writes a file with mode 0600, atomically. */
  writeSecret: (name: string, text: string) => Promise<void>
  remove: (name: string) => Promise<void>
  release: () => Promise<void>
}

/** Names of Carillon's files. Temporary files end in a process id. */
const ownEntry = /^(postgres|sandbox|(secrets|up)\.json(\.\d+)?|up\.lock.*)$/

/** Creates CARILLON_DATA_DIR if it is missing, removes other users' access, and locks it for this process. */
export async function openDataDir (given: string): Promise<DataDir> {
  const path = resolve(given)
  const lock = await makePrivate(path).then(() => takeLock(join(path, 'up.lock'))).catch((error: unknown) => {
    if (error instanceof LockedError) throw new Error(`carillon is already running in ${path} (process ${error.pid})`)
    throw new Error(`CARILLON_DATA_DIR: ${path} ${reason(error)}`)
  })
  return {
    path,
    async writeSecret (name, text) {
      const draft = join(path, `${name}.${process.pid}`)
      await rm(draft, { force: true })
      await writeFile(draft, text, { mode: 0o600 })
      await rename(draft, join(path, name))
    },
    remove: (name) => rm(join(path, name), { force: true }),
    release: () => lock.release()
  }
}

/** Refuses a directory with other files: CARILLON_DATA_DIR may name a home directory by mistake. */
async function makePrivate (path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const { mode, uid } = await stat(path)
  if ((mode & 0o077) === 0 || uid !== process.getuid?.()) return
  const entries = await readdir(path)
  if (!entries.every((name) => ownEntry.test(name))) {
    throw new Error('can be entered by other users and holds files that are not Carillon\'s; ' +
      `run chmod 700 ${path}, or choose a directory for Carillon alone`)
  }
  await chmod(path, 0o700)
}

function reason (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? `cannot be written (${error.code})` : error.message
}

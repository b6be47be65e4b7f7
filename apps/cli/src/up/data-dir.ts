import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { LockedError, takeLock } from '@carillon/local'

export interface DataDir {
  path: string
  /** Writes a file that only we may read, all of it or nothing. */
  writeSecret: (name: string, text: string) => Promise<void>
  remove: (name: string) => Promise<void>
  release: () => Promise<void>
}

/** Makes CARILLON_DATA_DIR where it is missing, and holds it for this process. */
export async function openDataDir (given: string): Promise<DataDir> {
  const path = resolve(given)
  const lock = await mkdir(path, { recursive: true }).then(() => takeLock(join(path, 'up.lock'))).catch((error: unknown) => {
    if (error instanceof LockedError) throw new Error(`carillon is already up in ${path} (process ${error.pid})`)
    throw new Error(`CARILLON_DATA_DIR: ${path} cannot be written (${reason(error)})`)
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

function reason (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? String(error.code) : error.message
}

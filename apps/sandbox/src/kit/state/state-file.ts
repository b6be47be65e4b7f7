import { mkdirSync, readFileSync, renameSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'

/** Increase it when a simulator no longer reads what it saved before. */
const FORMAT = 1

/** The saved state of one simulator: the parts by name. */
type SavedState = Record<string, unknown>

export interface StateFile {
  /** Undefined when there is none. Throws when it is not readable. */
  read: () => SavedState | undefined
  /** Writes it atomically, unless it has this content. Returns the number of bytes. */
  write: (state: SavedState) => Promise<number>
  /** Renames a file that is not readable, so that nothing overwrites it. Returns its new path. */
  setAside: () => string
}

/** The file holds tokens, so only its owner may read it. */
export function createStateFile (folder: string, id: string): StateFile {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${id}.state`)
  let written: Buffer | undefined

  return {
    read () {
      const bytes = readIfExists(path)
      if (bytes === undefined) return undefined
      // V8 reads what it or an older version has written.
      const { format, state }: { format?: unknown, state?: unknown } = Object(deserialize(bytes))
      if (format !== FORMAT) throw new Error(`its format is ${String(format)}, and this version reads ${FORMAT}`)
      if (typeof state !== 'object' || state === null) throw new Error('it has no state')
      return state as SavedState
    },

    async write (state) {
      const bytes = serialize({ format: FORMAT, state })
      if (written?.equals(bytes) === true) return bytes.length
      const draft = `${path}.draft`
      await writeFile(draft, bytes, { mode: 0o600 })
      await rename(draft, path)
      written = bytes
      return bytes.length
    },

    setAside () {
      const aside = `${path}.unreadable-${new Date().toISOString().replaceAll(':', '-')}`
      renameSync(path, aside)
      return aside
    }
  }
}

function readIfExists (path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

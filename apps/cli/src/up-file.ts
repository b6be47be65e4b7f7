import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * What a running `carillon up` writes about itself; null for a part that does not run. A simulator with a host of its own is
 * there as `<id>Url`.
 */
export interface UpFile {
  [simulatorUrl: `${string}Url`]: string | null | undefined
  apiUrl?: string
  sandboxUrl?: string | null
  operatorKey?: string
  /** The process of `carillon up`. */
  pid?: number
}

/** Empty if `carillon up` does not run in `dataDir`. */
export async function readUpFile (dataDir: string): Promise<UpFile> {
  const text = await readFile(join(dataDir, 'up.json'), 'utf8').catch(() => '{}')
  return JSON.parse(text)
}

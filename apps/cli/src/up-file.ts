import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a running `carillon up` writes about itself; null for a part that does not run. */
export interface UpFile {
  apiUrl?: string
  sandboxUrl?: string | null
  pumpioUrl?: string | null
  operatorKey?: string
}

/** Empty if `carillon up` does not run in `dataDir`. */
export async function readUpFile (dataDir: string): Promise<UpFile> {
  const text = await readFile(join(dataDir, 'up.json'), 'utf8').catch(() => '{}')
  return JSON.parse(text)
}

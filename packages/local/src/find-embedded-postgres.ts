import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The address of the PostgreSQL in `dataDir`, whether it runs or not. Undefined when there is none. */
export async function findEmbeddedPostgres (dataDir: string): Promise<{ url: string } | undefined> {
  const [password, port] = await Promise.all(['password', 'port'].map((name) => readFile(join(dataDir, name), 'utf8').catch(() => undefined)))
  if (password === undefined || port === undefined) return undefined
  return { url: `postgresql://carillon:${password.trim()}@127.0.0.1:${port.trim()}/carillon` }
}

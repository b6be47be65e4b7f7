import { hash } from 'node:crypto'
import { findApiKey } from '@carillon/shared/api-keys'
import type { ApiKey } from '@carillon/shared/api-keys'
import type { Database } from '@carillon/shared/db'

export interface Keys {
  /** The API key of a token; undefined when it is unknown or revoked. */
  find: (token: string) => Promise<ApiKey | undefined>
  /**
   * The same from a cache, so the key may have been revoked a few seconds ago. For routes whose own statement checks the key by
   * its id. Nothing else about a key changes.
   */
  recall: (token: string) => Promise<ApiKey | undefined>
}

const rememberMs = 10_000
const maxRemembered = 1_000

export function createKeys (database: Database, now: () => number): Keys {
  const running = new Map<string, Promise<ApiKey | undefined>>()
  const remembered = new Map<string, { key: ApiKey, until: number }>()

  /** Concurrent calls with the same token share one query. */
  function find (token: string): Promise<ApiKey | undefined> {
    const known = running.get(token)
    if (known !== undefined) return known
    const query = lookUp(token).finally(() => running.delete(token))
    running.set(token, query)
    return query
  }

  async function lookUp (token: string): Promise<ApiKey | undefined> {
    const key = await findApiKey(database, token)
    const name = nameOf(token)
    remembered.delete(name)
    if (key !== undefined) remembered.set(name, { key, until: now() + rememberMs })
    const [oldest] = remembered.keys()
    if (remembered.size > maxRemembered && oldest !== undefined) remembered.delete(oldest)
    return key
  }

  return {
    find,
    recall: async (token) => {
      const known = remembered.get(nameOf(token))
      return known !== undefined && known.until > now() ? known.key : find(token)
    }
  }
}

/** The cache does not keep tokens. */
function nameOf (token: string): string {
  return hash('sha256', token, 'base64url')
}

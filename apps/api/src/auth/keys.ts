import { hash } from 'node:crypto'
import { findApiKey } from '@carillon/shared/api-keys'
import type { ApiKey } from '@carillon/shared/api-keys'
import type { Database } from '@carillon/shared/db'

export interface Keys {
  /** The key that this token is, or undefined when it is unknown or revoked. */
  find: (token: string) => Promise<ApiKey | undefined>
  /**
   * The same, but that it may have been revoked a few seconds ago: for routes that make sure of that themselves, by its id, in
   * the statement by which they do what is asked. Nothing else of a key ever changes.
   */
  recall: (token: string) => Promise<ApiKey | undefined>
}

const rememberMs = 10_000
const mostRemembered = 1_000

export function createKeys (database: Database, now: () => number): Keys {
  const looking = new Map<string, Promise<ApiKey | undefined>>()
  const remembered = new Map<string, { key: ApiKey, until: number }>()

  /** Calls that come while a key is being looked up share the answer: under load that is one look for many, and none is late. */
  function find (token: string): Promise<ApiKey | undefined> {
    const known = looking.get(token)
    if (known !== undefined) return known
    const look = lookUp(token).finally(() => looking.delete(token))
    looking.set(token, look)
    return look
  }

  async function lookUp (token: string): Promise<ApiKey | undefined> {
    const key = await findApiKey(database, token)
    const name = nameOf(token)
    remembered.delete(name)
    if (key !== undefined) remembered.set(name, { key, until: now() + rememberMs })
    const [oldest] = remembered.keys()
    if (remembered.size > mostRemembered && oldest !== undefined) remembered.delete(oldest)
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

/** Tokens themselves are not kept. */
function nameOf (token: string): string {
  return hash('sha256', token, 'base64url')
}

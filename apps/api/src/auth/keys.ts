import { hash } from 'node:crypto'
import { checkApiKey } from '@carillon/shared/api-keys'
import type { CheckedKey } from '@carillon/shared/api-keys'
import type { Database } from '@carillon/shared/db'

export interface Keys {
  /** What is known of a token that claims to be an API key; undefined when it is unknown or revoked. */
  find: (token: string) => Promise<CheckedKey | undefined>
  /**
   * The same from a cache, so the key may have been revoked or changed a few seconds ago. For routes whose own statement checks
   * the key by its id and version. A cached key expires in time.
   */
  recall: (token: string) => Promise<CheckedKey | undefined>
}

const rememberMs = 10_000
const maxRemembered = 1_000

export function createKeys (database: Database, now: () => number): Keys {
  const running = new Map<string, Promise<CheckedKey | undefined>>()
  const remembered = new Map<string, { checked: CheckedKey, until: number }>()

  /** Concurrent calls with the same token share one query. */
  function find (token: string): Promise<CheckedKey | undefined> {
    const known = running.get(token)
    if (known !== undefined) return known
    const query = lookUp(token).finally(() => running.delete(token))
    running.set(token, query)
    return query
  }

  async function lookUp (token: string): Promise<CheckedKey | undefined> {
    const checked = await checkApiKey(database, token, now())
    const name = nameOf(token)
    remembered.delete(name)
    if (checked?.state === 'valid') {
      remembered.set(name, { checked, until: Math.min(now() + rememberMs, checked.validUntil?.getTime() ?? Infinity) })
    }
    const [oldest] = remembered.keys()
    if (remembered.size > maxRemembered && oldest !== undefined) remembered.delete(oldest)
    return checked
  }

  return {
    find,
    recall: async (token) => {
      const known = remembered.get(nameOf(token))
      return known !== undefined && known.until > now() ? known.checked : find(token)
    }
  }
}

/** The cache does not keep tokens. */
function nameOf (token: string): string {
  return hash('sha256', token, 'base64url')
}

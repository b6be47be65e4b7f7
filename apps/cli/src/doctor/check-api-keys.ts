import { keyStatus, listApiKeys, listKeysToRenew } from '@carillon/shared/api-keys'
import { publicId } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { printable } from '../printable.ts'
import { ok, warning } from './finding.ts'
import type { Finding } from './finding.ts'

/** Whether API keys expire soon, or have expired although they were in use. */
export async function checkApiKeys (database: Database, now = Date.now()): Promise<Finding[]> {
  const keys = await listKeysToRenew(database, now)
  if (keys.length === 0) {
    const [any] = await listApiKeys(database, { status: 'active', limit: 1, now })
    return [ok('API keys', any === undefined ? 'There are none yet.' : 'None expires within 14 days.')]
  }
  return keys.map((key) => {
    const id = publicId('apiKey', key.id)
    const expiry = key.expiresAt?.toISOString() ?? ''
    const state = keyStatus(key, now) === 'expired' ? `expired at ${expiry}, and was used until then` : `expires at ${expiry}`
    return warning(
      'API keys', `${printable(key.name)} (${id}) ${state}.`,
      `Run \`carillon keys renew ${id} --expires 90d\` and use the new key, or \`carillon keys revoke ${id}\` if nothing uses it.`
    )
  })
}

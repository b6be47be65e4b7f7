import { keyStatus } from '@carillon/shared/api-keys'
import { publicId } from '@carillon/shared/db'
import type { Attention, Status } from './status.ts'

/** API keys that expire soon, and those that have expired although they were in use. */
export function findKeyAttention ({ keysToRenew, now }: Pick<Status, 'keysToRenew' | 'now'>): Attention[] {
  return keysToRenew.map((key) => {
    const id = publicId('apiKey', key.id)
    const expiry = key.expiresAt?.toISOString() ?? ''
    const isExpired = keyStatus(key, now.getTime()) === 'expired'
    return {
      severity: 'warning',
      subject: 'keys',
      explanation: isExpired
        ? `The API key ${key.name} (${id}) expired at ${expiry}, and was used until then.`
        : `The API key ${key.name} (${id}) expires at ${expiry}.`,
      nextStep: `Run \`carillon keys renew ${id} --expires 90d\` and use the new key, or \`carillon keys revoke ${id}\` if nothing uses it.`
    }
  })
}

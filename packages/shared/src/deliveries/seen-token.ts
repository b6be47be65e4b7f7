import { VaultError } from '../vault/index.ts'
import type { SealContext, Vault } from '../vault/index.ts'
import type { DeliveryKey } from './delivery-queues.ts'

const context: SealContext = { table: 'deliveries', column: 'seen', id: 'token' }

/** The token with which the user's device reports that the user opened the message. It reveals nothing. */
export function sealSeenToken (vault: Vault, [notificationId, connectionId]: DeliveryKey): string {
  return vault.seal(`${notificationId} ${connectionId}`, context)
}

/** Undefined for a text that is not such a token. */
export function openSeenToken (vault: Vault, token: string): DeliveryKey | undefined {
  try {
    const [notificationId, connectionId] = vault.open(token, context).split(' ')
    return notificationId === undefined || connectionId === undefined ? undefined : [notificationId, connectionId]
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}

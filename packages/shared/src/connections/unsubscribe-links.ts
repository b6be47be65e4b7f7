import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Vault } from '../vault/index.ts'

/** The links by which the recipients of messages unsubscribe, without a login. */
export interface UnsubscribeLinks {
  urlOf: (connectionId: string) => string
  /** The connection of a token. Undefined for a token that we did not create. */
  read: (token: string) => string | undefined
}

const idBytes = 16
const macBytes = 16

/** A token is the connection's id with a MAC. It does not expire: mails are kept for years, and their links must work. */
export function createUnsubscribeLinks (vault: Vault, publicUrl: string): UnsubscribeLinks {
  const keys = vault.derive('unsubscribe')
  return {
    urlOf (connectionId) {
      const id = Buffer.from(connectionId.replaceAll('-', ''), 'hex')
      return `${publicUrl}/u/${Buffer.concat([id, macOf(keys[0], id)]).toString('base64url')}`
    },
    read (token) {
      const bytes = Buffer.from(token, 'base64url')
      if (bytes.length !== idBytes + macBytes || bytes.toString('base64url') !== token) return undefined
      const id = bytes.subarray(0, idBytes)
      if (!keys.some((key) => timingSafeEqual(bytes.subarray(idBytes), macOf(key, id)))) return undefined
      return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    }
  }
}

function macOf (key: Buffer, id: Buffer): Buffer {
  return createHmac('sha256', key).update(id).digest().subarray(0, macBytes)
}

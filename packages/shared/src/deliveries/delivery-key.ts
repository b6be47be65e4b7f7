import { hash } from 'node:crypto'

const namespaceBytes = 16

/**
 * A UUID that identifies one delivery to providers and is the same for each of its attempts. It is the UUIDv5 (RFC 9562 §5.5)
 * of the connection's id in the notification's namespace. A worker needs thousands per second, and the `uuid` package takes
 * five times as long.
 */
export function deliveryKeyOf (notificationId: string, connectionId: string): string {
  const name = Buffer.allocUnsafe(namespaceBytes + connectionId.length)
  name.write(notificationId.replaceAll('-', ''), 'hex')
  name.write(connectionId, namespaceBytes, 'latin1')
  const digest = hash('sha1', name, 'hex')
  const variant = (parseInt(digest.charAt(16), 16) & 0b0011 | 0b1000).toString(16)
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`
}

import { v5 } from 'uuid'

/** A UUID that is the same for every try of one delivery, and for no other delivery: what providers know it by. */
export function deliveryKeyOf (notificationId: string, connectionId: string): string {
  return v5(connectionId, notificationId)
}

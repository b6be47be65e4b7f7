import type { ExplainedDelivery } from '@carillon/shared/deliveries'
import type { RecipientConnection } from '@carillon/shared/recipients'
import { explainDelivery } from '../notifications/explain-delivery.ts'
import { explainBlock } from './explain-block.ts'

/** The state of a delivery with what its connection and its provider add. */
export function explainSend (connection: RecipientConnection, delivery: ExplainedDelivery, name: string): string {
  const { state, receipt, dueAt } = delivery
  const text = explainDelivery(delivery, name)
  if (state === 'sent') return receipt === null ? text : `${text} The message id there is "${receipt.id}".`
  // A delivery that is due is kept waiting by the block too, whatever its own reason is. A paused one is not.
  const isBlocked = (state === 'queued' || state === 'retrying') && dueAt !== null
  return isBlocked ? `${text}${explainBlock(connection, name)}` : text
}

import { broadcastNaively } from '../naive/broadcast.ts'
import type { NaiveOrder } from '../naive/broadcast.ts'

process.on('message', (order: NaiveOrder | 'usage') => {
  if (order !== 'usage') broadcastNaively(order).then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit())
process.send?.({ ready: true })

import { publicId } from '@carillon/shared/db'
import type { Claimed, Settlement } from '@carillon/shared/deliveries'
import type { Provider } from '@carillon/shared/providers'
import type { Tracing } from '@carillon/shared/tracing'
import type { DueMessage } from './load-messages.ts'

interface Attempt {
  provider: Provider
  delivery: Claimed
  due: DueMessage | undefined
}

/**
 * Sends in a span of the notification's trace, which is linked to the span of the batch. A batch contains the deliveries of many
 * notifications, and a retry comes in a later batch.
 */
export async function traceAttempt (
  tracing: Tracing, { provider, delivery, due }: Attempt, send: () => Promise<Settlement>
): Promise<Settlement> {
  return await tracing.inSpan(`send ${provider.id}`, {
    kind: 'CLIENT',
    parent: due?.traceparent,
    isLinked: true,
    attributes: {
      'carillon.provider': provider.id,
      'carillon.notification.id': publicId('notification', delivery.notificationId),
      'carillon.connection.id': publicId('connection', delivery.connectionId),
      'carillon.attempt': delivery.attempts + 1
    }
  }, async (span) => {
    const settlement = await send()
    const { outcome: { state, event: { status } } } = settlement
    span.setAttribute('carillon.outcome', state)
    if (status !== undefined) span.setAttribute('http.response.status_code', status)
    return settlement
  })
}

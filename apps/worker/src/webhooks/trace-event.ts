import { publicId } from '@carillon/shared/db'
import type { AttemptResult, ClaimedEvent } from '@carillon/shared/endpoints'
import type { Tracing } from '@carillon/shared/tracing'

/** Sends an event to an endpoint in a span. */
export async function traceEvent (
  tracing: Tracing | undefined, { endpointId, attempts, event: { id, type } }: ClaimedEvent, send: () => Promise<AttemptResult>
): Promise<AttemptResult> {
  if (tracing === undefined) return await send()
  return await tracing.inSpan('send webhook', {
    kind: 'CLIENT',
    attributes: {
      'carillon.endpoint.id': publicId('endpoint', endpointId),
      'carillon.event.id': id,
      'carillon.event.type': type,
      'carillon.attempt': attempts + 1
    }
  }, async (span) => {
    const result = await send()
    const { status, error, isAborted } = result
    span.setAttribute('carillon.outcome', isAborted === true ? 'released' : error === null ? 'succeeded' : 'failed')
    if (status !== null) span.setAttribute('http.response.status_code', status)
    return result
  })
}

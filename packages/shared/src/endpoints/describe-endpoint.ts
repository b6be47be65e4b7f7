import type { Endpoint } from './endpoints.ts'

type EndpointStatus = 'enabled' | 'failing' | 'disabled'
type State = Pick<Endpoint, 'disabledReason' | 'failingSince' | 'failure'>
type Described = { status: EndpointStatus, reason: string | null }

/** The status of an endpoint, and the reason as sentences that say what to do. */
export function describeEndpoint ({ disabledReason, failingSince, failure }: State): Described {
  const since = failingSince?.toISOString()
  const failed = since === undefined ? '' : `Every request since ${since} failed. The latest failure: ${failure ?? ''}.`
  switch (disabledReason) {
    case 'operator': return { status: 'disabled', reason: 'It was disabled through the API. Enable it to receive events again.' }
    case 'gone': return {
      status: 'disabled', reason: 'It responded with 410 Gone, which means that it wants no more events. Enable it when it accepts events again.'
    }
    case 'failing': return { status: 'disabled', reason: `${failed} Carillon disabled it after five days. Fix the endpoint, then enable it.` }
    case null: return failed === ''
      ? { status: 'enabled', reason: null }
      : { status: 'failing', reason: `${failed} Carillon disables it after five days without a success.` }
  }
}

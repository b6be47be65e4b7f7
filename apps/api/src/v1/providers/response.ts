import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { HostState } from '@carillon/shared/throttling'
import type { ProviderStatus } from '../../status/read-providers.ts'
import { nullable, timeField } from '../../input/fields.ts'

const breakerResponse = Type.Object({
  host: Type.Union([Type.String(), Type.Null()], { description: "A host, workspace or domain of accounts. Null is the provider's own host" }),
  state: Type.Enum(['closed', 'open', 'probing'], { description: 'While it is `open`, no requests are sent and no attempts are used' }),
  reason: nullable(Type.String()),
  misconfigured: Type.Boolean({ description: 'Whether the provider refuses this deployment. `reason` says what to fix. Deliveries wait meanwhile' }),
  openedAt: nullable(timeField),
  retryAt: Type.Union([timeField, Type.Null()], { description: 'When a single request tests whether the host works again' }),
  silentUntil: Type.Union([timeField, Type.Null()], { description: 'When the rate limit of the host ends' })
}, { title: 'Breaker' })

const concurrencyResponse = Type.Object({
  host: Type.Union([Type.String(), Type.Null()], { description: "A host that users chose. Null is the provider's own host" }),
  limit: Type.Integer({ description: 'How many requests may be in flight' }),
  inFlight: Type.Integer({ description: 'How many requests are in flight' }),
  waiting: Type.Integer({ description: 'Deliveries that a worker claimed, and that wait for a request to end' }),
  workers: Type.Integer({ description: 'How many workers send to this host' }),
  lastFall: Type.Union([Type.Object({
    at: timeField,
    reason: Type.Enum(['rateLimited', 'unavailable', 'timeout', 'unreachable', 'latency'], {
      description: 'What the host did. With `latency`, it responded more slowly, because requests queued there'
    }),
    from: Type.Integer(),
    to: Type.Integer()
  }, { title: 'LimitFall' }), Type.Null()], { description: 'When and why the limit of a worker fell last' })
}, { title: 'HostConcurrency' })

export const providerResponse = Type.Object({
  provider: Type.String(),
  name: Type.String(),
  canSend: Type.Boolean(),
  breakers: Type.Array(breakerResponse, { description: "The breaker of the provider's own host, and the breakers of other hosts with errors or limits" }),
  limits: Type.Object({
    perSecond: Type.Union([Type.Integer(), Type.Null()], { description: 'The configured limit of requests that all workers send together' }),
    silentUntil: Type.Union([timeField, Type.Null()], { description: 'When the rate limit of the provider ends' })
  }, { title: 'ProviderLimits' }),
  concurrency: Type.Array(concurrencyResponse, {
    description: 'The limits of requests in flight, which adapt to each host, of all running workers together. At most 100 hosts'
  }),
  waiting: Type.Object({
    due: Type.Integer({ description: 'Deliveries that are due now' }),
    later: Type.Integer({ description: 'Deliveries that are scheduled, paused, or wait for a retry' }),
    broadcast: Type.Integer({ description: 'Deliveries of broadcasts that were not started' }),
    oldestDueAt: Type.Union([timeField, Type.Null()], { description: 'Since when the oldest of those that are due waits' })
  }, { title: 'WaitingDeliveries' })
}, { title: 'ProviderStatus' })

const healthy: HostState = { host: '', breaker: 'closed', reason: null, isMisconfigured: false, openedAt: null, retryAt: null, silentUntil: null }

export function toProviderResponse (
  { id: provider, name, canSend, perSecond, hosts, hostLimits, waiting }: ProviderStatus
): Static<typeof providerResponse> {
  const own = hosts.find(({ host }) => host === '') ?? healthy
  return {
    provider,
    name,
    canSend,
    breakers: [own, ...hosts.filter((other) => other !== own)].map(toBreakerResponse),
    limits: { perSecond, silentUntil: toBreakerResponse(own).silentUntil },
    concurrency: hostLimits.map(({ host, limit, inFlight, waiting, workers, lastFall }) => (
      { host: host === '' ? null : host, limit, inFlight, waiting, workers, lastFall }
    )),
    waiting: { ...waiting, oldestDueAt: waiting.oldestDueAt?.toISOString() ?? null }
  }
}

function toBreakerResponse (
  { host, breaker, reason, isMisconfigured, openedAt, retryAt, silentUntil }: HostState
): Static<typeof breakerResponse> {
  return {
    host: host === '' ? null : host,
    state: breaker,
    reason,
    misconfigured: isMisconfigured,
    openedAt: openedAt?.toISOString() ?? null,
    retryAt: retryAt?.toISOString() ?? null,
    silentUntil: silentUntil?.toISOString() ?? null
  }
}

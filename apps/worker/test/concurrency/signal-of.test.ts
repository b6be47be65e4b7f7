import { ProviderError } from '@carillon/shared/providers'
import type { Failure, TransportCode } from '@carillon/http'
import t from 'tap'
import type { Signal } from '../../src/concurrency/concurrency-limit.ts'
import { signalOf } from '../../src/concurrency/signal-of.ts'

const host = 'api.example'
const transient: Failure = { kind: 'transient', reason: 'not available now' }
const limited = (scope?: 'host' | 'app' | 'connection'): Failure =>
  ({ kind: 'rateLimited', reason: 'too many', retryAt: 0, ...scope !== undefined && { scope } })

type Expected = Signal | undefined

const cases: Array<[Failure, number | undefined, TransportCode | undefined, own: Expected, chosen: Expected]> = [
  [transient, undefined, 'timeout', 'timeout', 'timeout'],
  [transient, undefined, 'refused', 'unreachable', 'unreachable'],
  [transient, undefined, 'reset', 'unreachable', 'unreachable'],
  [transient, undefined, 'dns', undefined, undefined],
  [transient, undefined, 'aborted', undefined, undefined],
  [transient, 500, undefined, undefined, undefined],
  [transient, 503, undefined, 'unavailable', 'unavailable'],
  [transient, 504, undefined, 'timeout', 'timeout'],
  [limited('host'), 429, undefined, 'rateLimited', 'rateLimited'],
  [limited('app'), 429, undefined, 'rateLimited', 'rateLimited'],
  [limited('connection'), 429, undefined, 'accountLimited', 'rateLimited'],
  [limited(), 429, undefined, 'accountLimited', 'rateLimited'],
  [limited('host'), 503, undefined, 'unavailable', 'unavailable'],
  [limited('host'), 200, undefined, 'rateLimited', 'rateLimited'],
  [{ kind: 'quota', reason: 'used up' }, 429, undefined, 'accountLimited', 'rateLimited'],
  [{ kind: 'rejected', reason: 'too long' }, 400, undefined, 'completed', 'completed'],
  [{ kind: 'rejected', reason: 'not an address' }, undefined, undefined, undefined, undefined]
]

for (const [failure, status, transport, own, chosen] of cases) {
  t.test(`${failure.kind} ${status ?? ''} ${transport ?? ''}`, async (t) => {
    const error = new ProviderError(failure, host, status, transport)
    t.equal(signalOf(error, [host], false), own)
    t.equal(signalOf(error, [host], true), chosen)
    t.equal(signalOf(error, ['other.example'], false), undefined, 'an error of another host')
  })
}

t.test('an internal error shows nothing about the host', async (t) => {
  t.equal(signalOf(new Error('a bug'), [host], false), undefined)
})

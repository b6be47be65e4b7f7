import t from 'tap'
import { isStoreUnavailable } from '../../src/db/index.ts'

const withFields = (fields: object, message = 'it failed'): Error => Object.assign(new Error(message), fields)

t.test('distinguishes a temporary error of a store from a permanent one', async (t) => {
  const unavailable: Array<[name: string, error: Error]> = [
    ['refused', withFields({ code: 'ECONNREFUSED' })],
    ['reset', withFields({ code: 'ECONNRESET' })],
    ['its socket missing', withFields({ code: 'ENOENT', syscall: 'connect' })],
    ['lost in a query', withFields({ code: 'CONNECTION_CLOSED' })],
    ['closed while it connects', withFields({ code: 'CONNECT_TIMEOUT' })],
    ['terminated by an administrator', withFields({ severity: 'FATAL', code: '57P01' })],
    ['starting up', withFields({ severity: 'FATAL', code: '57P03' })],
    ['too many connections', withFields({ severity: 'FATAL', code: '53300' })],
    ['out of disk', withFields({ severity: 'ERROR', code: '53100' })],
    ['read-only after a failover', withFields({ severity: 'ERROR', code: '25006' })],
    ['past its deadline', withFields({ severity: 'ERROR', code: '57014' })],
    ['within another error', new Error('Failed query', { cause: withFields({ code: 'EPIPE' }) })],
    ['the queue away', withFields({}, 'Reached the max retries per request limit (which is 1). Refer to "maxRetriesPerRequest" option for details.')],
    ['the queue silent', withFields({}, 'The queue did not respond within 5000 ms')],
    ['the queue read-only', withFields({}, 'READONLY You can\'t write against a read only replica.')],
    ['the queue full', withFields({}, 'OOM command not allowed when used memory > \'maxmemory\'.')],
    ['the pool\'s connection lost', withFields({}, 'Connection terminated unexpectedly')]
  ]
  for (const [name, error] of unavailable) t.equal(isStoreUnavailable(error), true, name)
  const ours: Array<[name: string, error: unknown]> = [
    ['a syntax error', withFields({ severity: 'ERROR', code: '42601' })],
    ['a constraint', withFields({ severity: 'ERROR', code: '23505' })],
    ['a value out of range', withFields({ severity: 'ERROR', code: '22003' })],
    ['a bug', new TypeError('x is not a function')],
    ['a wrapped bug', new Error('Failed query', { cause: withFields({ severity: 'ERROR', code: '42P01' }) })],
    ['a file of ours missing', withFields({ code: 'ENOENT', syscall: 'open' })],
    ['no error', 'ECONNREFUSED']
  ]
  for (const [name, error] of ours) t.equal(isStoreUnavailable(error), false, name)
})

import { loadConfig } from '@carillon/shared/config'
import t from 'tap'
import { describeError } from '../src/describe-error.ts'

t.test('returns one line per configuration error', async (t) => {
  const error = await Promise.resolve({ PORT: 'x', SANDBOX_PORT: 'y' }).then((env) => loadConfig(env)).catch((error: unknown) => error)
  t.match(describeError(error), [/^PORT is /, /^SANDBOX_PORT is /])
})

t.test('returns the first error of a host with several addresses', async (t) => {
  t.same(describeError(new AggregateError([new Error('connect ECONNREFUSED ::1:1'), new Error('other')])), ['connect ECONNREFUSED ::1:1'])
})

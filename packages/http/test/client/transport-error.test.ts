import t from 'tap'
import { toTransportError, TransportError } from '../../src/client/transport-error.ts'

function systemError (code: string): Error {
  return Object.assign(new Error(`connect ${code} 10.1.2.3:443`), { code, address: '10.1.2.3' })
}

t.test('classifies the codes of system, TLS and undici', async (t) => {
  const codes = {
    refused: ['ECONNREFUSED'],
    unreachable: ['EHOSTUNREACH', 'ENETUNREACH'],
    reset: ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'],
    timeout: ['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'],
    dns: ['ENOTFOUND', 'EAI_AGAIN'],
    tls: ['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_WRONG_VERSION_NUMBER',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SELF_SIGNED_CERT_IN_CHAIN'],
    protocol: ['HPE_INVALID_CONSTANT'],
    tooLarge: ['UND_ERR_HEADERS_OVERFLOW'],
    invalid: ['UND_ERR_INVALID_ARG'],
    closed: ['UND_ERR_CLOSED', 'UND_ERR_DESTROYED'],
    aborted: ['UND_ERR_ABORTED'],
    failed: ['EMFILE']
  }
  for (const [expected, list] of Object.entries(codes)) {
    for (const code of list) t.match(toTransportError(systemError(code), 'example.com'), { code: expected, detail: code }, code)
  }
})

t.test('reads the error of a name with several addresses', async (t) => {
  const error = new AggregateError([systemError('ECONNREFUSED'), systemError('ENETUNREACH')])
  t.equal(toTransportError(error, 'example.com').code, 'refused')
})

t.test('accepts a value that is not an error', async (t) => {
  for (const thrown of [undefined, null, 'text', 7, {}, { code: 7 }, new AggregateError([])]) {
    t.equal(toTransportError(thrown, 'example.com').message, 'example.com: request failed')
  }
})

t.test('returns a TransportError unchanged', async (t) => {
  const error = new TransportError('notAllowed', 'example.com')
  t.equal(toTransportError(error, 'other.example'), error)
})

t.test('does not contain the address', async (t) => {
  const error = toTransportError(systemError('ECONNREFUSED'), 'example.com')
  t.equal(error.message, 'example.com: connection refused (ECONNREFUSED)')
  t.equal(error.cause, undefined)
  t.notMatch(`${error.stack}${JSON.stringify(error)}`, /10\.1\.2\.3/)
})

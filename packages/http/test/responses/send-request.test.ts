import t from 'tap'
import type { Classifier, HttpContext } from '../../src/responses/send-request.ts'
import { sendRequest, classifyTransportError } from '../../src/responses/send-request.ts'
import type { HttpResponse } from '../../src/client/messages.ts'
import { ProviderError } from '../../src/responses/provider-error.ts'
import type { TransportCode } from '../../src/client/transport-error.ts'
import { TransportError } from '../../src/client/transport-error.ts'

const request = { method: 'GET', url: 'https://api.example:8443/v2/me?token=hidden' } as const
const answer: HttpResponse = { status: 418, headers: {}, body: Buffer.from('hidden') }
const taken: Classifier<string> = () => ({ kind: 'ok', value: 'taken' })

function call (outcome: () => HttpResponse): HttpContext {
  const http = { request: async () => outcome(), close: async () => {} }
  return { http, signal: new AbortController().signal, now: () => 1_000 }
}

async function thrown (promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(() => undefined, (error: unknown) => error)
}

t.test("returns the classifier's result, and passes it response and time", async (t) => {
  const seen: unknown[] = []
  const classify: Classifier<number> = (...args) => { seen.push(args); return { kind: 'ok', value: 7 } }
  t.equal(await sendRequest(request, classify, call(() => answer)), 7)
  t.same(seen, [[answer, 1_000]])
})

t.test('throws the failure with host and status, and without URL and body', async (t) => {
  const failure = { kind: 'rateLimited', reason: 'slow down', retryAt: 5_000 } as const
  const error = await thrown(sendRequest(request, () => failure, call(() => answer)))
  if (!(error instanceof ProviderError)) return t.fail('no ProviderError')
  t.equal(error.message, 'api.example:8443: slow down (HTTP 418)')
  t.match(error, { failure, host: 'api.example:8443', status: 418 })
  t.notMatch(`${error.stack}${JSON.stringify(error)}`, /hidden/)
})

t.test('classifies missing responses', async (t) => {
  const kinds: Record<TransportCode, string> = {
    refused: 'transient',
    unreachable: 'transient',
    reset: 'transient',
    timeout: 'transient',
    dns: 'transient',
    tls: 'transient',
    aborted: 'transient',
    closed: 'transient',
    failed: 'transient',
    protocol: 'malformed',
    tooLarge: 'malformed',
    notAllowed: 'rejected',
    invalid: 'rejected'
  }
  for (const [code, kind] of Object.entries(kinds) as Array<[TransportCode, string]>) {
    const failure = new TransportError(code, 'api.example:8443', 'CODE')
    t.equal(classifyTransportError(failure).kind, kind, code)
    const error = await thrown(sendRequest(request, taken, call(() => { throw failure })))
    t.match(error, { name: 'ProviderError', failure: { kind, reason: failure.reason }, host: 'api.example:8443', status: undefined })
  }
})

t.test('lets the caller override one of these failures', async (t) => {
  const tooLarge = { kind: 'rejected', reason: 'more than we take' } as const
  const failing = call(() => { throw new TransportError('tooLarge', 'api.example') })
  t.match(await thrown(sendRequest(request, taken, failing, { tooLarge })), { failure: tooLarge })
  t.match(await thrown(sendRequest(request, taken, failing, { reset: tooLarge })), { failure: { kind: 'malformed' } })
})

t.test("does not report an internal error as the provider's", async (t) => {
  const fault = new TypeError('x is not a function')
  t.equal(await thrown(sendRequest(request, taken, call(() => { throw fault }))), fault)
})

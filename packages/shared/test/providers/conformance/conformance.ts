import { inspect } from 'node:util'
import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { Message } from '../../../src/providers/message.ts'
import type { ProviderClient } from '../../../src/providers/define-provider.ts'
import type { Failure } from '@carillon/http'
import { credentialsConformance } from './credentials.ts'
import { renderingConformance } from './rendering.ts'
import { createSetup } from './setup.ts'
import { web } from '../../../../http/test/local-server.ts'
import type { Fault, Simulator } from './simulator.ts'
import type { Traits } from './traits.ts'

/**
 * The requirements for every provider. `ownSecrets` are the secrets of its configuration, which no error may contain. Tests
 * beside its traits cover what is specific to one provider.
 */
export async function conformance (
  t: Test, provider: ProviderClient, simulator: Simulator, traits: Traits, ownSecrets: string[]
): Promise<void> {
  const setup = createSetup(provider, simulator, [...ownSecrets])
  const { person, send, call, fails, errors, secrets } = setup

  await t.test('identifies an account', async (t) => {
    const { credentials } = await person()
    const first = await provider.identify(credentials, call(t))
    t.ok(first.id)
    t.ok(first.name)
    t.same(await provider.identify(credentials, call(t)), first, 'the same each time')
    const other = await person()
    t.not((await provider.identify(other.credentials, call(t))).id, first.id)
  })

  await t.test('parses its own credentials from JSON and refuses invalid ones', async (t) => {
    const { credentials } = await person()
    t.same(provider.parseCredentials(JSON.parse(JSON.stringify(credentials))), credentials)
    for (const value of [undefined, null, '', 'token', 7, [], {}, { accessToken: '' }, { accessToken: 7 }, { accessToken: 'a\r\nb: c' }]) {
      await fails(t, async () => provider.parseCredentials(value), 'malformed')
    }
  })

  const sample = traits.file ?? byValue('hello')
  const messages: Record<Message['type'], Message> = {
    note: { type: 'note', title: 'Tïtle 🔔', body: 'Body\nof two lines' },
    link: { type: 'link', title: 'Title', body: 'Body', url: 'https://example.com/a?b=c' },
    file: { type: 'file', title: 'Title', body: 'Body', file: sample }
  }
  const { refuses = [], stateOf, isHttp = true, rateLimited } = traits
  const isPlainEndpoint = traits.isPlainEndpoint === true
  const sends = provider.send !== undefined
  const isIdempotent = provider.idempotent === true
  const carried = sends ? Object.values(messages).filter(({ type }) => !refuses.includes(type)) : []
  for (const message of stateOf === undefined ? carried : []) {
    await t.test(`shows a ${message.type}${isIdempotent ? ' once, however often it is sent' : ''}`, async (t) => {
      const someone = await person()
      const key = randomUUID()
      const receipt = await provider.send?.(message, key, someone.credentials, call(t))
      t.ok(receipt?.id)
      if (isIdempotent) t.same(await provider.send?.(message, key, someone.credentials, call(t)), receipt)
      const items = await simulator.inbox(someone)
      t.equal(items.length, 1)
      const seen = JSON.stringify(items[0]?.item)
      // Compares single lines, because line breaks differ between providers.
      for (const text of [message.title, ...message.body?.split('\n') ?? [], message.url]) {
        if (text !== undefined) t.ok(seen.includes(JSON.stringify(text).slice(1, -1)), `the account shows ${text}`)
      }
      await provider.send?.(message, randomUUID(), someone.credentials, call(t))
      t.equal((await simulator.inbox(someone)).length, 2, 'another key is another message')
    })
  }

  for (const message of stateOf === undefined ? [] : carried) {
    await t.test(`sends a ${message.type}, with the same result however often it is sent`, async (t) => {
      const someone = await person()
      const key = randomUUID()
      const states: unknown[] = []
      let receipt
      for (const lost of [false, false, true]) {
        if (lost) {
          await simulator.fault(t, { reset: 'after', times: 1 })
          await fails(t, () => send(t, someone, { message, key }), 'transient')
        }
        const again = await provider.send?.(message, key, someone.credentials, call(t))
        t.ok(again?.id)
        t.same(again, receipt ??= again)
        states.push((await simulator.inbox(someone)).map(({ item }) => stateOf?.(item)).at(-1))
      }
      t.ok(states[0])
      t.same(states, states.map(() => states[0]))
    })
  }

  for (const type of refuses) {
    await t.test(`refuses a ${type} without a request`, async (t) => {
      const someone = await person()
      await simulator.fault(t, { status: 500 })
      await fails(t, () => send(t, someone, { message: messages[type] }), 'rejected')
    })
  }

  if (isIdempotent && stateOf === undefined) {
    await t.test('shows the message once when the response to the first attempt is lost', async (t) => {
      const someone = await person()
      const key = randomUUID()
      await simulator.fault(t, { reset: 'after', times: 1 })
      await fails(t, () => send(t, someone, { key }), 'transient')
      t.equal((await simulator.inbox(someone)).length, 1, 'the message had arrived')
      await send(t, someone, { key })
      t.equal((await simulator.inbox(someone)).length, 1)
    })
  }

  if (sends) await renderingConformance(t, provider, simulator, carried, setup, traits)
  await credentialsConformance(t, provider, simulator, carried, setup, traits)

  if (rateLimited !== undefined) {
    await t.test('returns the end of a rate limit', async (t) => {
      const someone = await person()
      const now = Math.floor(Date.now() / 1_000) * 1_000
      await simulator.fault(t, rateLimited(now + 120_000))
      const failure = await fails(t, () => send(t, someone, { now }), 'rateLimited')
      t.equal(failure?.kind === 'rateLimited' && failure.retryAt, now + 120_000)
    })

    await t.test('limits the wait when the end of a limit is in the past or far in the future', async (t) => {
      const someone = await person()
      const now = Math.floor(Date.now() / 1_000) * 1_000
      for (const at of [now - 120_000, now + 400 * 24 * 3_600_000]) {
        await simulator.fault(t, { ...rateLimited(at), times: 1 })
        const failure = await fails(t, () => send(t, someone, { now }), 'rateLimited')
        const waitMs = failure?.kind === 'rateLimited' ? failure.retryAt - now : 0
        t.ok(waitMs >= 1_000 && waitMs <= 3_600_000, `${waitMs} ms`)
      }
    })
  }

  const nonsense: Array<[string, Fault, Failure['kind']]> = [
    ['an internal error', { status: 500 }, 'transient'],
    ['a gateway that answers with a page', { status: 502, body: '<html><h1>502 Bad Gateway</h1></html>' }, 'transient'],
    ['a page where JSON is due', { status: 200, body: '<!doctype html><title>Sign in</title>' }, 'transient'],
    ['JSON that says nothing', { status: 200, body: {} }, 'malformed'],
    ['an empty answer', { status: 200, body: '' }, 'malformed'],
    ['an endless answer', { status: 200, body: { iden: 'x'.repeat(500_000) } }, 'malformed'],
    ['a connection that is reset', { reset: 'before' }, 'transient']
  ]
  const isAbout = ({ reset, status = 0 }: Fault): boolean =>
    reset !== undefined || (isHttp && (!isPlainEndpoint || status >= 500))
  for (const [what, fault, kind] of nonsense.filter(([, fault]) => isAbout(fault))) {
    await t.test(`classifies ${what} as ${kind}`, async (t) => {
      const someone = await person()
      await simulator.fault(t, fault)
      const http = { maxResponseBytes: 100_000 }
      const identify = () => provider.identify(someone.credentials, call(t, { http }))
      if (provider.identifiesOffline !== true) await fails(t, identify, kind)
      for (const message of carried) await fails(t, () => send(t, someone, { message, http }), kind)
      t.same(await simulator.inbox(someone), [])
    })
  }

  if (isHttp) {
    await t.test('stops waiting for a response after the timeout', async (t) => {
      const someone = await person()
      await simulator.fault(t, { delayMs: 60_000 })
      await fails(t, () => send(t, someone, { http: { totalTimeoutMs: 100 } }), 'transient')
    })
  }

  await t.test('aborts on request', async (t) => {
    const someone = await person()
    await simulator.fault(t, { delayMs: 60_000 })
    await fails(t, () => send(t, someone, { signal: AbortSignal.timeout(50) }), 'transient')
  })

  if (isHttp) {
    await t.test('follows no redirect and sends no token to another host', async (t) => {
      const someone = await person()
      const visits: string[] = []
      const elsewhere = await web(t, (request, response) => {
        visits.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`)
        response.end('{}')
      })
      for (const status of [301, 302, 303, 307, 308]) {
        await simulator.fault(t, { status, headers: { location: `${elsewhere}/stolen` }, body: '', times: 2 })
        const open = { http: { allowPrivateHosts: ['127.0.0.0/8'] } }
        if (provider.identifiesOffline !== true) await fails(t, () => provider.identify(someone.credentials, call(t, open)), 'transient')
        await fails(t, () => send(t, someone, open), isPlainEndpoint ? 'rejected' : 'transient')
      }
      t.same(visits, [])
    })
  }

  if (sends && !refuses.includes('file')) {
    await t.test('fetches a file by reference', async (t) => {
      const someone = await person()
      const url = await web(t, (_, response) => { response.end(Buffer.from(sample.data, 'base64')) })
      const file = { name: `report-${sample.name}`, type: sample.type, url: `${url}/private/report` }
      const message: Message = { type: 'file', body: 'see this', file }
      await fails(t, () => send(t, someone, { message }), 'rejected', 'from our own network only where that is allowed')
      t.same(await simulator.inbox(someone), [])
      await send(t, someone, { message, http: { allowPrivateHosts: ['127.0.0.1'] } })
      const [arrival] = await simulator.inbox(someone)
      t.match(JSON.stringify(arrival?.item), file.name)
      t.notMatch(JSON.stringify(arrival), '/private/report', "the message does not contain the file's URL")
    })
  }

  if (isHttp) {
    await t.test('names Carillon and its version in every request', async (t) => {
      const userAgents = await simulator.userAgents()
      t.ok(userAgents.length > 0)
      for (const userAgent of userAgents) t.match(userAgent, /(^| )Carillon\/\d+\.\d+\.\d+( |$)/)
    })
  }

  await t.test('has no secret in any error', async (t) => {
    t.ok(errors.length > (isHttp && !isPlainEndpoint ? 20 : 10), `${errors.length} errors were seen`)
    for (const error of errors) {
      const all = `${String(error)} ${error instanceof Error ? error.stack : ''} ${JSON.stringify(error)} ${inspect(error, { depth: 9, showHidden: true })}`
      const leaked = secrets.filter((secret) => all.includes(secret))
      if (leaked.length > 0) t.fail(`${String(error)} tells a secret`)
    }
  })
}

export function byValue (text: string): Required<Traits>['file'] {
  return { name: 'hello.txt', type: 'text/plain', data: Buffer.from(text).toString('base64') }
}

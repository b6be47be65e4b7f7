import t from 'tap'
import type { Test } from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'
import type { TestResponse } from '../open-test-sandbox.ts'

const sandbox = await openTestSandbox(t)
const { account, v2 } = await sandbox.join()

t.beforeEach(async () => { await sandbox.call('DELETE', '/_control/faults') })

const push = (guid?: string): Promise<TestResponse> => v2('POST', '/pushes', { body: { type: 'note', body: 'b', guid } })
const arrivals = async (): Promise<number> => (await sandbox.inbox(`&account=${account}`)).length

/** The pushes that have arrived. */
async function pushCount (): Promise<{ faults: number, answers: Record<string, number> }> {
  const { json } = await sandbox.call('GET', '/_control/stats')
  const counts = json['data'] as Array<{ endpoint: string, faults: number, answers: Record<string, number> }>
  return counts.find(({ endpoint }) => endpoint === 'POST /pushbullet/v2/pushes') ?? { faults: 0, answers: {} }
}

/** The error of a request whose connection is reset. */
async function mustReset (t: Test, call: Promise<unknown>): Promise<void> {
  const error = await call.then(() => undefined, (reason: Error & { cause?: { code?: string } }) => reason)
  t.equal(error?.cause?.code, 'ECONNRESET')
}

t.test('sends the status as often as requested, and processes nothing', async (t) => {
  const before = await arrivals()
  await sandbox.fault({ status: 500, times: 3 })
  const statuses = []
  for (let index = 0; index < 4; index++) statuses.push((await push()).status)
  t.same(statuses, [500, 500, 500, 200])
  t.equal(await arrivals(), before + 1)
})

t.test('applies until it is removed', async (t) => {
  await sandbox.fault({ status: 500 })
  for (let index = 0; index < 5; index++) t.match(await push(), { status: 500, json: { error: { type: 'server' } } })
  t.match(await sandbox.call('DELETE', '/_control/faults'), { status: 200, json: { removed: 1 } })
  t.match(await push(), { status: 200 })
})

t.test('matches part of the method and path, with the provider\'s prefix or without', async (t) => {
  for (const [match, strikes] of [
    ['POST /v2/pushes', true],
    ['POST /pushbullet/v2/pushes', true],
    ['/pushes', true],
    ['POST', true],
    ['GET /v2/pushes', false],
    ['/v2/devices', false]
  ] as const) {
    await sandbox.call('DELETE', '/_control/faults')
    await sandbox.fault({ match, status: 500 })
    t.equal((await push()).status, strikes ? 500 : 200, match)
  }
})

t.test('sends Pushbullet\'s 429, with headers that report when to retry', async (t) => {
  await sandbox.fault({ status: 429 })
  const { status, headers, json } = await push()
  t.equal(status, 429)
  t.match(json, {
    error: { code: 'ratelimited', type: 'invalid_request', message: /^You have been ratelimited for performing too many requests\/ops/, cat: '(=｀ω´=)' },
    error_code: 'ratelimited'
  })
  t.equal(headers.get('x-ratelimit-limit'), '32768')
  t.equal(headers.get('x-ratelimit-remaining'), '0')
  t.match(headers.get('x-ratelimit-reset'), /^\d+$/)
  t.ok(Number(headers.get('x-ratelimit-reset')) > Date.now() / 1000)
  t.equal(headers.get('retry-after'), null)
})

t.test('lets the caller set the time of the reset, in the past or the future, or remove it', async (t) => {
  for (const reset of [1, Math.floor(Date.now() / 1000) + 2, 'soon', null]) {
    await sandbox.call('DELETE', '/_control/faults')
    await sandbox.fault({ status: 429, headers: { 'X-Ratelimit-Reset': reset } })
    const { headers, json } = await push()
    t.equal(headers.get('x-ratelimit-reset'), reset === null ? null : String(reset))
    t.equal(headers.get('x-ratelimit-limit'), '32768')
    t.equal(json['error_code'], 'ratelimited')
  }
})

t.test('sends the service\'s own body for each status', async (t) => {
  for (const [status, body] of [
    [400, { error: { code: 'pushbullet_pro_required', message: 'Pushbullet Pro is required to make this call.', cat: '🙀' }, error_code: 'pushbullet_pro_required' }],
    [401, { error: { code: 'invalid_access_token', cat: '(=^･ω･^)y＝' }, error_code: 'invalid_access_token' }],
    [403, { error: { type: 'invalid_request' } }],
    [404, { error: { message: 'The resource could not be found.' } }],
    [500, { error: { type: 'server' } }]
  ] as const) {
    await sandbox.call('DELETE', '/_control/faults')
    await sandbox.fault({ status })
    const response = await push()
    t.match(response, { status, json: body })
    t.match(response.headers.get('x-ratelimit-limit'), /^\d+$/)
  }
})

t.test('sends the HTML of a gateway', async (t) => {
  for (const status of [502, 503, 504]) {
    await sandbox.call('DELETE', '/_control/faults')
    await sandbox.fault({ status })
    const { headers, text } = await push()
    t.match(headers.get('content-type'), 'text/html')
    t.match(text, `<h1>${status} `)
  }
})

t.test('sends the requested body unchanged', async (t) => {
  for (const [body, type, text] of [
    ['<h1>Oops</h1>', 'text/html', '<h1>Oops</h1>'],
    ['{"broken":', 'text/plain', '{"broken":'],
    ['', 'text/plain', ''],
    [{ error: null, empty: '' }, 'application/json', '{"error":null,"empty":""}'],
    [[1], 'application/json', '[1]'],
    [null, 'application/json', 'null'],
    [7, 'application/json', '7']
  ] as const) {
    await sandbox.call('DELETE', '/_control/faults')
    await sandbox.fault({ status: 500, body })
    const response = await push()
    t.equal(response.text, text)
    t.match(response.headers.get('content-type'), type)
  }
})

t.test('sends a body without a status as a 200, and processes nothing', async (t) => {
  const before = await arrivals()
  await sandbox.fault({ body: '<html>', headers: { 'content-type': 'application/json' } })
  const response = await push()
  t.match(response, { status: 200, text: '<html>' })
  t.equal(response.headers.get('content-type'), 'application/json')
  t.equal(await arrivals(), before)
})

t.test('adds headers to the real response', async (t) => {
  await sandbox.fault({ headers: { 'x-ratelimit-remaining': 3 } })
  const { status, headers, json } = await push()
  t.equal(status, 200)
  t.equal(json['type'], 'note')
  t.equal(headers.get('x-ratelimit-remaining'), '3')
})

t.test('resets the connection before the request is processed', async (t) => {
  const before = await arrivals()
  await sandbox.fault({ reset: 'before', times: 1 })
  await mustReset(t, push('lost'))
  t.equal(await arrivals(), before)
})

t.test('resets the connection after the request is processed', async (t) => {
  const before = await arrivals()
  await sandbox.fault({ match: 'POST /v2/pushes', reset: 'after', times: 1 })
  await mustReset(t, push('kept'))
  t.equal(await arrivals(), before + 1)
  t.match(await push('kept'), { status: 200, json: { guid: 'kept' } })
  t.equal(await arrivals(), before + 1, 'the same guid makes no second push')
})

t.test('delays the response, not its effect, until the fault is removed', async (t) => {
  const [before, sent] = [await arrivals(), (await pushCount()).answers[200] ?? 0]
  await sandbox.fault({ delayMs: 600_000, times: 1 })
  const response = push()
  while (await arrivals() === before);
  t.equal((await pushCount()).answers[200], sent, 'it has arrived without a response')
  await sandbox.call('DELETE', '/_control/faults?provider=blotre')
  t.equal((await pushCount()).answers[200], sent, 'removing the faults of another provider does not release it')
  await sandbox.call('DELETE', '/_control/faults')
  t.match(await response, { status: 200 })
  t.equal((await pushCount()).answers[200], sent + 1)
})

t.test('delays a status and a reset too', async (t) => {
  await sandbox.fault({ delayMs: 100, status: 500, times: 1 })
  await sandbox.fault({ delayMs: 100, reset: 'before', times: 1 })
  await sandbox.fault({ delayMs: 100, reset: 'after', times: 1 })
  const times = [performance.now()]
  t.match(await push(), { status: 500 })
  times.push(performance.now())
  for (let index = 0; index < 2; index++) {
    await mustReset(t, push())
    times.push(performance.now())
  }
  for (let index = 1; index < times.length; index++) t.ok(Number(times[index]) - Number(times[index - 1]) >= 95)
})

t.test('releases every delayed response', async (t) => {
  const before = (await pushCount()).faults
  const many = Array.from({ length: 20 }, () => ({ status: 500 }))
  const rules = [...many, { reset: 'before' }, { reset: 'after' }]
  for (const rule of rules) await sandbox.fault({ delayMs: 600_000, times: 1, ...rule })
  const responses = Promise.allSettled(rules.map(() => push()))
  while ((await pushCount()).faults < before + rules.length);
  t.match(await sandbox.call('DELETE', '/_control/faults'), { json: { removed: rules.length } })
  const outcomes = (await responses).map((each) => each.status === 'fulfilled' ? each.value.status : each.reason.cause?.code)
  t.same(outcomes.sort(), [...many.map(({ status }) => status), 'ECONNRESET', 'ECONNRESET'])
})

t.test('applies with its probability', async (t) => {
  await sandbox.fault({ status: 500, probability: 0.5 })
  const statuses = []
  for (let index = 0; index < 100; index++) statuses.push((await push()).status)
  const struck = statuses.filter((status) => status === 500).length
  t.ok(struck > 20 && struck < 80, `${struck} of 100`)

  await sandbox.call('DELETE', '/_control/faults')
  await sandbox.fault({ status: 500, probability: 0 })
  t.match(await push(), { status: 200 })
})

t.test('applies the first of several matching faults', async (t) => {
  await sandbox.fault({ match: '/v2/devices', status: 503 })
  await sandbox.fault({ status: 500, times: 1 })
  await sandbox.fault({ status: 429, times: 1 })
  t.same([(await push()).status, (await push()).status, (await push()).status], [500, 429, 200])
  t.match((await sandbox.call('GET', '/_control/faults')).json, { data: [{ struck: 0 }, { struck: 1 }, { struck: 1 }] })
})

t.test('applies to the handshake too', async (t) => {
  await sandbox.fault({ match: 'POST /oauth2/token', status: 400, body: { error: 'invalid_grant' } })
  t.match(await sandbox.call('POST', '/pushbullet/oauth2/token', { body: {} }), { status: 400, json: { error: 'invalid_grant' } })
})

t.test('does not apply to control calls', async (t) => {
  await sandbox.fault({ status: 500 })
  t.match(await sandbox.call('GET', '/_control/stats'), { status: 200 })
})

t.test('refuses an inconsistent fault, in JSON', async (t) => {
  for (const [rule, words] of [
    [{}, /provider/],
    [{ provider: 'pushbullet' }, /at least one of/],
    [{ provider: 'pushbullet', match: '/x', times: 1 }, /at least one of/],
    [{ provider: 'nope', status: 500 }, /provider: got "nope"/],
    [{ provider: 'pushbullet', status: 99 }, /status/],
    [{ provider: 'pushbullet', status: '500' }, /status/],
    [{ provider: 'pushbullet', reset: 'during' }, /reset/],
    [{ provider: 'pushbullet', reset: 'after', status: 500 }, /^reset:/],
    [{ provider: 'pushbullet', status: 500, probability: 2 }, /probability/],
    [{ provider: 'pushbullet', status: 500, times: 0 }, /times/],
    [{ provider: 'pushbullet', delayMs: -1 }, /delayMs/],
    [{ provider: 'pushbullet', headers: { 'a b': '1' } }, /headers/],
    [{ provider: 'pushbullet', headers: { a: '1\r\nb: 2' } }, /headers/],
    [{ provider: 'pushbullet', staus: 500, status: 500 }, /additional/]
  ] as const) {
    t.match(await sandbox.call('POST', '/_control/faults', { body: rule }), { status: 400, json: { error: words } })
  }
})

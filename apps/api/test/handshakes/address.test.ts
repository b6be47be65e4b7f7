import { ProviderError } from '@carillon/shared/providers'
import t from 'tap'
import { at, textAt } from '../open-api.ts'
import { openAddressApi, wrongCode } from './open-address-api.ts'

const { api, post, open } = await openAddressApi(t)
const latest = (address: string) => post.sent.get(address)?.at(-1) ?? { code: '', url: '', site: '' }

t.test('lists the kinds and the field of a provider with addresses', async (t) => {
  const { body } = await api.ask('GET', '/v1/connectors', { token: await api.makeUser('lister') })
  t.match(body, {
    data: [
      { provider: 'dove', kinds: ['confirm'], needsAccount: false, addressField: { label: 'Address', placeholder: 'nick@coop', hint: 'It is painted on the coop.', generateLabel: 'Build a coop for me' } },
      { provider: 'gull', kinds: ['paste'], addressField: { generateLabel: null } }
    ]
  })
})

t.test('sends a code to the address, and connects with the code', async (t) => {
  const { id, give, confirm, look } = await open('ann')
  t.match(await look(), { kind: 'confirm', status: 'pending' })
  const { status, body } = await give(' ann@coop ')
  t.equal(status, 200)
  t.match(body, { status: 'pending', sentTo: { name: 'ann@coop' }, resendAt: String, connectionId: null })
  t.notOk(at(body, 'code'), 'no code is shown')
  const { code, url, site } = latest('ann@coop')
  t.match(code, /^\d{6}$/)
  t.equal(site, 'Bell & Sons')
  t.ok(url.startsWith(`${api.url}/connect/dove/confirm?handshake=${id}&link=`))
  const [row] = await api.database.sql<Array<{ all: string }>>`select handshakes::text as all from handshakes where id = ${id.slice(4)}`
  for (const secret of [code, new URL(url).searchParams.get('link') ?? '', 'ann@coop', 'secret-of-ann']) t.notOk(row?.all.includes(secret), 'the row holds no secret')

  const connected = await confirm(` ${code.slice(0, 3)} ${code.slice(3)} `)
  t.equal(connected.status, 200)
  t.match(connected.body, { status: 'completed', connectionId: /^con_/, error: null })
  t.notOk(at(connected.body, 'sentTo'))
  t.match((await confirm(code)).body, { status: 409, code: 'handshakeOver', reason: 'alreadyUsed' }, 'a code works once')
  t.match((await give('ann@coop')).body, { code: 'handshakeOver' })
  t.notOk(api.logLines.join('').includes(code), 'the log does not contain the code')
})

t.test('makes an address for a user who has none, and says where it is read', async (t) => {
  const { id, token } = await open('nina')
  const give = (path: string, body: object) => api.ask('POST', `/v1/handshakes/${path}/address`, { token, body })
  t.match((await give(id, { generate: true })).body, {
    sentTo: { name: 'built@coop' }, deviceLinks: { appUrl: 'dove://built@coop', webUrl: 'https://dove.example/built@coop' }
  })
  for (const body of [{}, { generate: false }, { generate: true, address: 'a@coop' }]) t.equal((await give(id, body)).status, 400)
  const gull = await api.ask('POST', '/v1/handshakes', { token, body: { provider: 'gull' } })
  t.match((await give(textAt(gull.body, 'id'), { generate: true })).body, { status: 400, errors: [{ path: 'generate' }] })
})

t.test('connects at once where the address is the proof', async (t) => {
  const { give, confirm } = await open('gus', 'gull')
  t.match((await give('gus@coop')).body, { kind: 'paste', status: 'completed', connectionId: /^con_/ })
  t.equal((await confirm('123456')).status, 404)
  t.notOk(post.sent.has('gus@coop'))
})

t.test('connects at once when the response to the code is the proof', async (t) => {
  post.proven.add('pia@coop')
  const { give } = await open('pia')
  t.match((await give('pia@coop')).body, { kind: 'confirm', status: 'completed', connectionId: /^con_/ })
})

t.test('says what is wrong with an address, and lets the user correct it', async (t) => {
  const { give, confirm, look } = await open('ted')
  t.match((await give('nowhere')).body, { status: 400, code: 'invalidInput', errors: [{ path: 'address', message: 'must be like nick@coop' }] })
  t.match((await confirm('123456')).body, { status: 409, reason: 'nothingToConfirm', detail: /send the address first/ })
  t.match((await give('tod@coop')).body, { sentTo: { name: 'tod@coop' } })
  const { code: first } = latest('tod@coop')
  t.match((await give('ted@coop')).body, { sentTo: { name: 'ted@coop' } })
  t.match((await confirm(first)).body, { status: 422, code: 'wrongCode', detail: /9 more/ }, 'the code of the earlier address does not prove this one')
  t.match((await confirm(latest('ted@coop').code)).body, { status: 'completed' })
  t.match((await look()), { status: 'completed' })
})

t.test('keeps the handshake open when the provider fails', async (t) => {
  const { give, resend, look, confirm } = await open('fay')
  post.failure = new ProviderError({ kind: 'transient', reason: 'is down' }, 'coop', 503)
  t.match((await give('fay@coop')).body, { status: 502, code: 'providerUnavailable' })
  t.match(JSON.parse(api.logLines.findLast((line) => line.includes('cannot use an address')) ?? '{}'), { level: 30, provider: 'dove', detail: /is down/ })
  post.failure = new ProviderError({ kind: 'unauthorized', reason: 'not for you' }, 'coop', 403)
  t.match((await give('fay@coop')).body, { status: 422, code: 'addressRefused', reason: 'addressRefused' })
  post.failure = new ProviderError({ kind: 'misconfigured', reason: 'wrong password; check DOVE_PASSWORD' }, 'coop', 535)
  t.match((await give('fay@coop')).body, { status: 502, code: 'providerUnavailable', reason: 'misconfigured', detail: /settings of this server/ })
  t.match(JSON.parse(api.logLines.findLast((line) => line.includes('refuses this deployment')) ?? '{}'), { level: 50, reason: /check DOVE_PASSWORD/ })
  post.failure = undefined
  t.match((await give('fay@coop')).body, { status: 'pending', sentTo: { name: 'fay@coop' } })
  api.advance(31_000)
  post.failure = new ProviderError({ kind: 'transient', reason: 'is down' }, 'coop', 503)
  t.match((await resend()).body, { status: 502 })
  post.failure = undefined
  t.match(await look(), { status: 'pending', sentTo: { name: 'fay@coop' } })
  t.match((await confirm(latest('fay@coop').code)).body, { status: 'completed' }, 'the code that arrived still works')
})

t.test('allows ten tries, over all codes', async (t) => {
  const { give, confirm, look } = await open('max')
  await give('max@coop')
  const { code } = latest('max@coop')
  const answers = []
  for (let index = 0; index < 10; index++) answers.push((await confirm(wrongCode(code))).body)
  t.match(answers.slice(0, 9).map((body) => at(body, 'code')), Array(9).fill('wrongCode'))
  t.match(answers[9], { code: 'handshakeFailed', reason: 'wrongCode' })
  t.match(await look(), { status: 'failed', error: 'wrongCode' })
  t.match((await confirm(code)).body, { code: 'handshakeOver' }, 'the right one is too late')
})

t.test('lets one of several concurrent requests with the code succeed', async (t) => {
  const { give, confirm } = await open('con')
  await give('con@coop')
  const { code } = latest('con@coop')
  const answers = await Promise.all(Array.from({ length: 6 }, () => confirm(code)))
  t.same(answers.map(({ status }) => status).sort(), [200, 409, 409, 409, 409, 409])
})

t.test('sends another code after a growing time, five times', async (t) => {
  const { give, resend, confirm } = await open('rea')
  await give('rea@coop')
  const { code: first } = latest('rea@coop')
  t.match(await resend(), { status: 429, headers: { 'retry-after': /^(29|30)$/ } })
  for (const seconds of [30, 120, 600, 600, 600]) {
    api.advance((seconds - 1) * 1_000)
    t.match((await resend()).body, { status: 429, detail: /next code can be sent in 1 second|next code can be sent in 2 seconds/ })
    api.advance(1_001)
    t.match((await resend()).body, { status: 'pending', sentTo: { name: 'rea@coop' } })
  }
  t.equal(post.sent.get('rea@coop')?.length, 6)
  api.advance(600_000)
  t.match((await resend()).body, { status: 429, detail: /No more codes/ })
  t.match((await confirm(first)).body, { code: 'wrongCode' }, 'a new code replaces the earlier ones')
  t.match((await confirm(latest('rea@coop').code)).body, { status: 'completed' })
})

t.test('refuses a code after 15 minutes', async (t) => {
  const { give, confirm, look } = await open('lou')
  await give('lou@coop')
  api.advance(15 * 60_000)
  t.match((await confirm(latest('lou@coop').code)).body, { status: 409, code: 'handshakeOver', reason: 'expired' })
  t.match(await look(), { status: 'expired', connectionId: null })
})

t.test('gives the same responses for an address that is connected already', async (t) => {
  const owner = await open('owner')
  await owner.give('known@coop')
  await owner.confirm(latest('known@coop').code)
  const outsider = await open('outsider')
  const shape = ({ status, body }: { status: number, body: unknown }) => ({ status, keys: Object.keys(Object(body)).sort(), state: at(body, 'status') })
  const known = await outsider.give('known@coop')
  t.same(shape(known), shape(await (await open('other')).give('unknown@coop')))
  const wrong = await outsider.confirm(wrongCode(latest('known@coop').code))
  t.match(wrong.body, { code: 'wrongCode' })
})

t.test('limits the messages to one address and of one user', async (t) => {
  let sent = 0
  for (let index = 0; index < 10; index++) {
    const { give } = await open(`spammer-${index}`)
    const { status, headers } = await give('victim@coop')
    if (status === 200) sent++
    else t.match({ status, headers }, { status: 429, headers: { 'retry-after': /^\d+$/ } })
  }
  t.equal(sent, 8, 'from however many users')
  const statuses = []
  for (let index = 0; index < 24; index++) statuses.push((await (await open('broadcaster')).give(`target_${index}@coop`)).status)
  t.same([statuses.filter((status) => status === 200).length, statuses.at(-1)], [20, 429], 'to however many addresses')
})

t.test('shows an address and accepts a code only for its user', async (t) => {
  const { id, give } = await open('ivy')
  await give('ivy@coop')
  const token = await api.makeUser('eve')
  t.equal((await api.ask('POST', `/v1/handshakes/${id}/confirm`, { token, body: { code: latest('ivy@coop').code } })).status, 404)
  t.equal((await api.ask('POST', `/v1/handshakes/${id}/address`, { token, body: { address: 'eve@coop' } })).status, 404)
  t.equal((await api.ask('POST', `/v1/handshakes/${id}/resend`, { token })).status, 404)
})

t.test('requires either a code or a decision', async (t) => {
  const { id, token } = await open('bob')
  for (const body of [{}, { accept: true, code: '123456' }, { accept: 'yes' }, { code: '' }]) {
    t.equal((await api.ask('POST', `/v1/handshakes/${id}/confirm`, { token, body })).status, 400)
  }
})

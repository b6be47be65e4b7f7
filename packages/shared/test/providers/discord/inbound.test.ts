import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import t from 'tap'
import { createInboundReader } from '../../../src/providers/discord/inbound.ts'

// The first key of RFC 8032 §7.1.
const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'
const publicKey = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(seed, 'hex')]), format: 'der', type: 'pkcs8'
})
const now = 1_700_000_000_000
const unauthorized = { name: 'ProviderError', failure: { kind: 'unauthorized' } }
const reader = createInboundReader(publicKey, 'discord.com')
const removal = { type: 1, event: { type: 'APPLICATION_DEAUTHORIZED', timestamp: '2023-11-14T22:13:19.064834', data: { user: { id: '42' } } } }

t.test('uses the key of RFC 8032', async (t) => {
  t.equal(Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex'), publicKey)
})

t.test('responds to a ping without a body', async (t) => {
  const { id, events, respond } = read({ type: 0 })
  t.same([id, events, respond?.({ code: '', url: '' })], ['', [], { status: 204 }])
})

t.test('ends the connections of a user who removed the application', async (t) => {
  const { id, events, respond } = read(removal)
  t.same(events, [{ kind: 'accountRemoved', accountId: '42', issuedAt: new Date('2023-11-14T22:13:19.064Z') }])
  t.match(id, /^[0-9a-f]{64}$/)
  t.equal(read(removal).id, id, 'a repeated event has the same id')
  t.same(respond?.({ code: '', url: '' }), { status: 204 })
  const withZone = { ...removal, event: { ...removal.event, timestamp: '2023-11-14T23:13:19+01:00' } }
  t.match(read(withZone).events, [{ issuedAt: new Date('2023-11-14T22:13:19Z') }])
})

t.test('ignores every other event', async (t) => {
  const { event } = removal
  for (const content of [
    {}, [], { type: 1 }, { type: 1, event: null }, { ...removal, type: 2 }, { type: 1, event: { ...event, type: 'APPLICATION_AUTHORIZED' } },
    { type: 1, event: { ...event, data: {} } }, { type: 1, event: { ...event, data: { user: { id: 42 } } } },
    { type: 1, event: { ...event, timestamp: 'now' } }, { type: 1, event: { ...event, timestamp: 7 } }
  ]) t.same(read(content).events, [], JSON.stringify(content))
})

t.test('refuses what Discord did not sign', async (t) => {
  const signed = signedRequest({ type: 0 })
  const { 'x-signature-ed25519': signature = '' } = signed.headers
  const others: Array<[Record<string, string | undefined>, string]> = [
    [{ 'x-signature-ed25519': signature.replace(/^./, (digit) => digit === '0' ? '1' : '0') }, 'another signature'],
    [{ 'x-signature-ed25519': signature.slice(2) }, 'a short signature'],
    [{ 'x-signature-ed25519': 'z'.repeat(128) }, 'a signature that is no number'],
    [{ 'x-signature-ed25519': undefined }, 'no signature'],
    [{ 'x-signature-timestamp': '1700000001' }, 'another time'],
    [{ 'x-signature-timestamp': undefined }, 'no time']
  ]
  for (const [headers, what] of others) {
    t.throws(() => reader.read({ ...signed, headers: { ...signed.headers, ...headers } }, now), unauthorized, what)
  }
  t.throws(() => reader.read({ ...signed, body: Buffer.concat([signed.body, Buffer.from(' ')]) }, now), unauthorized, 'another body')
  t.throws(() => createInboundReader('d75a98', 'discord.com'), 'a key that is too short')
})

t.test('refuses a request that was signed long ago, but not one that Discord repeats for ten minutes', async (t) => {
  for (const seconds of [-901, 901]) t.throws(() => read({ type: 0 }, seconds), unauthorized)
  for (const seconds of [-600, 600]) t.match(read({ type: 0 }, seconds), { events: [] })
})

function signedRequest (content: object, secondsFromNow = 0) {
  const body = Buffer.from(JSON.stringify(content))
  const timestamp = String(now / 1_000 + secondsFromNow)
  const signature = sign(null, Buffer.concat([Buffer.from(timestamp), body]), privateKey).toString('hex')
  const headers: Record<string, string | undefined> = { 'x-signature-timestamp': timestamp, 'x-signature-ed25519': signature }
  return { headers, query: new URLSearchParams(), body }
}

function read (content: object, secondsFromNow = 0) {
  const message = reader.read(signedRequest(content, secondsFromNow), now)
  if (message instanceof Promise) throw new TypeError('the reader responds at once')
  return message
}

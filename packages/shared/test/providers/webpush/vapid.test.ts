import { createPublicKey, verify } from 'node:crypto'
import t from 'tap'
import webPush from 'web-push'
import { createVapidHeaders } from '../../../src/providers/webpush/vapid-header.ts'
import { generateVapidKey, parseVapidKey } from '../../../src/providers/webpush/vapid-keys.ts'

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const hour = 3_600_000

function read (header: string) {
  const [, token = '', publicKey = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(header) ?? []
  const [head = '', claims = '', signature = ''] = token.split('.')
  const point = Buffer.from(publicKey, 'base64url')
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'))
  const key = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' } })
  return {
    head: JSON.parse(Buffer.from(head, 'base64url').toString()),
    claims: JSON.parse(Buffer.from(claims, 'base64url').toString()),
    isSigned: verify('sha256', Buffer.from(`${head}.${claims}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')),
    publicKey
  }
}

t.test('signs a token for the origin of the endpoint', async (t) => {
  const key = parseVapidKey(generateVapidKey())
  const token = read(createVapidHeaders('mailto:admin@example.com')('https://push.example', key, now))
  t.same(token.head, { typ: 'JWT', alg: 'ES256' })
  t.same(token.claims, { aud: 'https://push.example', exp: now / 1_000 + 12 * 3_600, sub: 'mailto:admin@example.com' })
  t.ok(token.isSigned)
  t.equal(token.publicKey, key.publicKey)
})

t.test('signs once for each origin and key in eleven hours', async (t) => {
  const headers = createVapidHeaders('mailto:admin@example.com')
  const [key, other] = [parseVapidKey(generateVapidKey()), parseVapidKey(generateVapidKey())]
  const first = headers('https://a.example', key, now)
  t.equal(headers('https://a.example', key, now + 11 * hour - 1), first)
  t.not(headers('https://b.example', key, now), first)
  t.not(headers('https://a.example', other, now), first)
  const second = headers('https://a.example', key, now + 11 * hour)
  t.not(second, first)
  t.equal(read(second).claims.exp, (now + 23 * hour) / 1_000)
  t.equal(headers('https://a.example', key, now - hour).includes(String(first)), false, 'a clock that was set back gets a token of its own')
})

t.test('reads the keys that web-push makes, and makes keys that it reads', async (t) => {
  const { publicKey, privateKey } = webPush.generateVAPIDKeys()
  t.equal(parseVapidKey(privateKey).publicKey, publicKey)
  const own = generateVapidKey()
  const vapidDetails = { subject: 'mailto:admin@example.com', publicKey: parseVapidKey(own).publicKey, privateKey: own }
  const browser = { endpoint: 'https://push.example/1', keys: { p256dh: publicKey, auth: Buffer.alloc(16, 1).toString('base64url') } }
  const { headers } = webPush.generateRequestDetails(browser, 'hello', { vapidDetails })
  t.ok(read(String(headers['Authorization'])).isSigned)
})

t.test('refuses keys that are none', async (t) => {
  const zero = Buffer.alloc(32).toString('base64url')
  for (const text of ['', 'key', zero, `${generateVapidKey()}=`, generateVapidKey().slice(1)]) t.throws(() => parseVapidKey(text), text)
})

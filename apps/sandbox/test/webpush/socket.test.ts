import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { until } from '@carillon/testing'
import t from 'tap'
import { WebSocket } from 'ws'
import { openSandbox } from '../../src/index.ts'

interface SocketMessage {
  messageType: string
  uaid?: string
  pushEndpoint?: string
  data?: string
}

t.test('a Firefox that connects again keeps its subscriptions', async (t) => {
  const sandbox = await openSandbox()
  t.teardown(sandbox.close)
  const connect = async () => {
    const socket = new WebSocket(`${sandbox.url.replace('http', 'ws')}/webpush/socket`, 'push-notification')
    const received: SocketMessage[] = []
    socket.on('message', (data) => { received.push(JSON.parse(String(data))) })
    await once(socket, 'open')
    return {
      send: (message: object) => { socket.send(JSON.stringify(message)) },
      next: (type: string) => until(() => received.find(({ messageType }) => messageType === type), { what: type }),
      close: () => { socket.close() }
    }
  }

  const channelID = 'a2e9a2cc-5d2b-4a1c-8a3e-3c3f4a6f3c11'
  const first = await connect()
  first.send({ messageType: 'hello', uaid: 'of-another-service', use_webpush: true })
  const { uaid } = await first.next('hello')
  t.not(uaid, 'of-another-service', 'Firefox drops the subscriptions of another service')
  first.send({ messageType: 'register', channelID })
  const { pushEndpoint = '' } = await first.next('register')
  first.close()

  const second = await connect()
  second.send({ messageType: 'hello', uaid, use_webpush: true })
  t.equal((await second.next('hello')).uaid, uaid)
  const headers = { ttl: '60', 'content-encoding': 'aes128gcm', 'content-type': 'application/octet-stream' }
  t.equal((await fetch(pushEndpoint, { method: 'POST', headers, body: 'x' })).status, 401, 'without a signature')
  const authorization = authorize(new URL(pushEndpoint).origin)
  t.equal((await fetch(pushEndpoint, { method: 'POST', headers: { ...headers, authorization }, body: 'encrypted' })).status, 201)
  t.match(await second.next('notification'), { channelID, data: Buffer.from('encrypted').toString('base64url') })
  second.close()
})

/** A VAPID header with a key of its own. */
function authorize (aud: string): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString('base64url')
  const content = [{ alg: 'ES256' }, { aud, exp: Math.floor(Date.now() / 1_000) + 60 }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signature = sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  return `vapid t=${content}.${signature}, k=${point}`
}

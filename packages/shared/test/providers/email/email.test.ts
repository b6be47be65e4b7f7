import { generateKeyPairSync, randomUUID } from 'node:crypto'
import t from 'tap'
import type { Message } from '../../../src/providers/message.ts'
import { failureOf, openEmail } from './open-email.ts'

const note: Message = { type: 'note', title: 'Kettle is ready', body: 'Water: 96 °C\nTea: Assam\n\nEnjoy it.' }
const unsubscribeUrl = 'https://site.example/u/token-1'

t.test('sends a mail with text, HTML and the headers of automatic mail', async (t) => {
  const { send, inbox } = await openEmail(t)
  const key = randomUUID()
  t.same(await send('ann@example.com', note, key, { unsubscribeUrl: () => unsubscribeUrl }), { id: `${key}@carillon.example` })
  const [mail] = await inbox('ann@example.com')
  t.match(mail, {
    from: '"Carillon" <news@carillon.example>',
    to: 'ann@example.com',
    messageId: `<${key}@carillon.example>`,
    subject: 'Kettle is ready',
    headers: {
      'auto-submitted': 'auto-generated',
      'list-unsubscribe': `<${unsubscribeUrl}>`,
      'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
      'content-type': /^multipart\/alternative/
    }
  })
  t.match(mail?.returnAddress, /^bounce\+[0-9a-f]{44}@carillon\.example$/)
  t.equal(mail?.text, [
    'Kettle is ready', '', 'Water: 96 °C', 'Tea: Assam', '', 'Enjoy it.', '', '-- ',
    'You receive this mail because you connected ann@example.com at Teapot Shop.', `Unsubscribe: ${unsubscribeUrl}`, ''
  ].join('\n'))
  t.match(mail?.html, /<h1 [^>]*>Kettle is ready<\/h1>/)
  t.match(mail?.html, /Water: 96 °C<br>Tea: Assam<\/p>/)
  t.match(mail?.html, new RegExp(`<a [^>]*href="${unsubscribeUrl}"`))
  for (const name of ['importance', 'references', 'in-reply-to', 'bcc']) t.notOk(name in (mail?.headers ?? {}), name)
})

t.test('shows level, link, actions, image and urgency', async (t) => {
  const { send, inbox } = await openEmail(t)
  await send('ann@example.com', {
    type: 'link',
    title: 'Order 7',
    url: 'https://site.example/7?a=1&b=2',
    level: 'warning',
    urgency: 'high',
    image: 'https://site.example/7.png',
    actions: [{ title: 'Pay <now>', url: 'https://site.example/pay' }]
  }, randomUUID())
  await send('ann@example.com', { ...note, urgency: 'low' }, randomUUID())
  const [urgent, quiet] = await inbox('ann@example.com')
  t.match(urgent?.text, /Warning: Order 7\n\nOpen: https:\/\/site\.example\/7\?a=1&b=2\n\nPay <now>: https:\/\/site\.example\/pay/)
  t.match(urgent?.html, /href="https:\/\/site\.example\/7\?a=1&amp;b=2"/)
  t.match(urgent?.html, /Pay &lt;now&gt;<\/a>/)
  t.match(urgent?.html, /<img src="https:\/\/site\.example\/7\.png" alt=""/)
  t.equal(urgent?.headers['importance'], 'High')
  t.equal(quiet?.headers['importance'], 'Low')
  t.notOk('list-unsubscribe' in (quiet?.headers ?? {}), 'a mail that belongs to no connection cannot be unsubscribed')
})

t.test('keeps messages with one collapse key in one conversation', async (t) => {
  const { send, inbox } = await openEmail(t)
  for (const collapseKey of ['order-7', 'order-7', 'order-8']) await send('ann@example.com', { ...note, collapseKey }, randomUUID())
  await send('bob@example.com', { ...note, collapseKey: 'order-7' }, randomUUID())
  const references = [...await inbox('ann@example.com'), ...await inbox('bob@example.com')].map(({ headers }) => headers['references'])
  t.equal(references[0], references[1])
  t.equal(new Set(references).size, 3)
  t.match(references[0], /^<[0-9a-f]{32}@carillon\.example>$/)
})

t.test('no text of a message can add a header, a recipient or markup', async (t) => {
  const { send, inbox } = await openEmail(t)
  const evil = 'Hi\r\nBcc: eve@example.com\r\nSubject: other\r\n\r\n<script>alert(1)</script>"\'><img src=x onerror=alert(1)>\u202e'
  await send('ann@example.com', {
    type: 'link', title: evil, body: evil, url: 'https://site.example/"onmouseover="alert(1)', actions: [{ title: evil, url: 'https://site.example/' }], collapseKey: evil
  }, randomUUID())
  const [mail, second] = await inbox('ann@example.com')
  t.equal(second, undefined)
  t.same(await inbox('eve@example.com'), [])
  t.match(mail?.subject, /^Hi Bcc: eve@example\.com Subject: other <script>/)
  t.notOk('bcc' in (mail?.headers ?? {}))
  t.notMatch(mail?.html, /<script|<img src=x|href="[^"]*"onmouseover/)
  t.notMatch(mail?.subject, /\u202e/)
})

t.test('attaches a file under its name', async (t) => {
  const { send, inbox } = await openEmail(t)
  const file = { name: 'menü "7"\r\nX: y.txt', type: 'text/plain', data: Buffer.from('tea').toString('base64') }
  await send('ann@example.com', { type: 'file', body: 'The menu', file }, randomUUID())
  const [mail] = await inbox('ann@example.com')
  t.match(mail, { subject: 'The menu', attachments: [{ type: 'text/plain', bytes: 3, name: /^menü "7"/ }] })
  t.notOk('x' in (mail?.headers ?? {}))
})

t.test('sends the confirmation code without any text of users', async (t) => {
  const { sendCode, inbox } = await openEmail(t)
  t.equal(await sendCode('ann@example.com'), 'sent')
  const [mail] = await inbox('ann@example.com')
  t.equal(mail?.subject, '123456 is your code for Teapot Shop')
  t.match(mail?.text, /123456/)
  t.match(mail?.html, />123456<\/p>/)
  t.match(mail?.html, /href="https:\/\/site\.example\/confirm\?x=1&amp;y=2"/)
  t.notOk('list-unsubscribe' in (mail?.headers ?? {}))
})

t.test('classifies what a server does with an address', async (t) => {
  const { send, inbox } = await openEmail(t)
  const now = Date.now()
  const to = async (name: string) => await failureOf(() => send(`${name}@example.com`, note, randomUUID(), { now: () => now }))
  t.match(await to('nouser'), { kind: 'gone', reason: 'the address does not exist (5.1.1)' })
  t.match(await to('full'), { kind: 'transient', reason: 'the mailbox is full' })
  t.match(await to('grey'), { kind: 'transient', notBefore: now + 300_000 })
  t.match(await to('421'), { kind: 'rateLimited', scope: 'host', retryAt: now + 900_000 })
  t.match(await to('spam'), { kind: 'rejected', reason: /by its policy \(5\.7\.1\)/ })
  t.match(await to('drop'), { kind: 'transient', mayHaveArrived: true })
  t.equal((await inbox('drop@example.com')).length, 1, 'it did arrive')
  await send('ann@example.com', note, randomUUID())
  t.equal((await inbox('ann@example.com')).length, 1, 'the pool goes on')
})

t.test('accepts a greylisted address after a while', async (t) => {
  const { send, simulator, inbox } = await openEmail(t)
  const key = randomUUID()
  await failureOf(() => send('grey@example.com', note, key))
  await simulator.control('clock', { advanceSeconds: 301 })
  await send('grey@example.com', note, key)
  t.equal((await inbox('grey@example.com')).length, 1)
})

t.test('a refused login is the fault of the configuration', async (t) => {
  const { simulator } = await openEmail(t)
  const url = (simulator.environment['EMAIL_SMTP_URL'] ?? '').replace('sandbox-secret', 'wrong-secret')
  const { send } = await openEmail(t, { EMAIL_SMTP_URL: url })
  t.match(await failureOf(() => send('ann@example.com', note, randomUUID())), { kind: 'misconfigured', reason: /login/ })
})

t.test('a server that cannot be reached is tried again', async (t) => {
  const { send } = await openEmail(t, { EMAIL_SMTP_URL: 'smtp://127.0.0.1:1' })
  const failure = await failureOf(() => send('ann@example.com', note, randomUUID()))
  t.match(failure, { kind: 'transient' })
  t.notOk('mayHaveArrived' in failure)
})

t.test('distinguishes a connection that ends before the message from one that ends after it', async (t) => {
  const { send, simulator, inbox } = await openEmail(t)
  await simulator.fault(t, { reset: 'before', times: 1 })
  const before = await failureOf(() => send('ann@example.com', note, randomUUID()))
  t.equal(before.kind, 'transient')
  t.notOk('mayHaveArrived' in before)
  await simulator.fault(t, { reset: 'after', times: 1 })
  t.match(await failureOf(() => send('ann@example.com', note, randomUUID())), { kind: 'transient', mayHaveArrived: true })
  t.equal((await inbox('ann@example.com')).length, 1)
})

t.test('sends no more messages at a time than it has connections', async (t) => {
  const { send, inbox } = await openEmail(t, { EMAIL_MAX_CONNECTIONS: '2' })
  await Promise.all(Array.from({ length: 20 }, () => send('ann@example.com', note, randomUUID())))
  t.equal((await inbox('ann@example.com')).length, 20)
})

t.test('sends no message whose limit was learned while it waited for a connection', async (t) => {
  const { send, inbox } = await openEmail(t, { EMAIL_MAX_CONNECTIONS: '1' })
  let isLimited = false
  const beforeRequest = async (): Promise<void> => { if (isLimited) throw new Error('limited') }
  const first = send('kim@pool.example', note, randomUUID(), { beforeRequest: async () => { isLimited = true } })
  const second = send('lea@pool.example', note, randomUUID(), { beforeRequest })
  await first
  await t.rejects(second, { message: 'limited' })
  t.equal((await inbox('lea@pool.example')).length, 0)
})

t.test('ends a waiting message when it is aborted', async (t) => {
  const { send, simulator, inbox } = await openEmail(t, { EMAIL_MAX_CONNECTIONS: '1' })
  await simulator.fault(t, { delayMs: 60_000, times: 1 })
  const controller = new AbortController()
  const sending = [0, 1].map(() => failureOf(() => send('ann@example.com', note, randomUUID(), { signal: controller.signal })))
  controller.abort()
  for (const failure of await Promise.all(sending)) t.match(failure, { kind: 'transient' })
  t.same(await inbox('ann@example.com'), [])
})

t.test('signs with DKIM, the headers of the unsubscription included', async (t) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const { send, inbox } = await openEmail(t, { EMAIL_DKIM_SELECTOR: 'k1', EMAIL_DKIM_KEY: pem.replaceAll('\n', '\\n') })
  await send('ann@example.com', note, randomUUID(), { unsubscribeUrl: () => unsubscribeUrl })
  const [mail] = await inbox('ann@example.com')
  const signature = (mail?.headers['dkim-signature'] ?? '').replace(/\s+/g, ' ')
  t.match(signature, /d=carillon\.example;.*s=k1;/)
  const signed = /(?:^|[; ])h=([^;]+);/.exec(signature)?.[1]?.replaceAll(' ', '').toLowerCase().split(':') ?? []
  for (const name of ['from', 'to', 'subject', 'message-id', 'list-unsubscribe', 'list-unsubscribe-post']) t.ok(signed.includes(name), name)
})

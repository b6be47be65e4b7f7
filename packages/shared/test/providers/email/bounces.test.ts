import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { InboundMessage } from '../../../src/providers/inbound.ts'
import { createReturnAddresses } from '../../../src/providers/email/return-address.ts'
import { readAddress } from '../../../src/providers/email/address.ts'
import { failureOf, openEmail } from './open-email.ts'

const secret = 'sandbox-inbound-secret'
const addresses = createReturnAddresses('bounce@carillon.example', secret)
const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const days = 24 * 3_600_000
const ann = addressOf('Ann@example.com')

function addressOf (text: string) {
  const address = readAddress(text)
  if (address === undefined) throw new Error(text)
  return address
}

/** A bounce as Exim writes it. `status` are the lines about the recipient. */
function bounce (to: string, status: string[], { text = '', original = '' } = {}): Buffer {
  return Buffer.from([
    'Return-path: <>', 'From: Mail Delivery System <Mailer-Daemon@mx.example>', `To: ${to}`, 'Subject: Mail delivery failed', 'MIME-Version: 1.0',
    'Auto-Submitted: auto-replied', 'Content-Type: multipart/report; report-type=delivery-status; boundary=B', '',
    '--B', 'Content-type: text/plain; charset=us-ascii', '', text, '',
    '--B', 'Content-type: message/delivery-status', '', 'Reporting-MTA: dns; mx.example', '', ...status, '',
    '--B', 'Content-type: message/rfc822', '', 'To: ann@example.com', 'Subject: Hello', original, 'Text', '', '--B--', ''
  ].join('\r\n'))
}

const failed = ['Action: failed', 'Final-Recipient: rfc822;ann@example.com', 'Status: 5.1.1', 'Diagnostic-Code: smtp; 550 5.1.1 User unknown']

async function read (body: Buffer, token = secret, at = now): Promise<Pick<InboundMessage, 'events'> & { result: unknown, id: string }> {
  const { inbound } = await reading
  if (inbound === undefined) throw new Error('there is no inbound door')
  const message = await inbound.read({ headers: { authorization: `Bearer ${token}` }, query: new URLSearchParams(), body }, at)
  return { id: message.id, events: message.events, result: message.respond?.({ code: '', url: '' }).body }
}

const reading = openEmail(t).then(({ provider }) => provider)

t.test('a hard bounce ends the address that it proves', async (t) => {
  const to = addresses.create(randomUUID(), ann, now - 3 * days)
  const event = { kind: 'targetGone', accountId: 'ann@example.com', reason: 'the address does not exist (5.1.1)' }
  const message = await read(bounce(to, failed))
  t.match(message, { events: [event], result: { result: 'gone' } })
  t.equal((await read(bounce(to, failed))).id, message.id, 'the same mail is the same message')
  t.match(await read(bounce(to.toUpperCase(), failed)), { events: [event] }, 'in any case')
})

t.test('takes the precise status from wherever the server wrote it', async (t) => {
  const to = addresses.create(randomUUID(), ann, now)
  const vague = ['Action: failed', 'Original-Recipient: rfc822;ann@example.com', 'Status: 5.0.0']
  for (const [what, body] of [
    ['the diagnostic', bounce(to, [...vague, 'Diagnostic-Code: smtp; 550-5.1.1 No such\r\n 550 5.1.1 user'])],
    ['the text for people', bounce(to, vague, { text: 'ann@example.com\n  SMTP error: 550 5.1.1 unknown user' })],
    ['the words alone', bounce(to, [...vague, 'Diagnostic-Code: smtp; 550 no such user'])]
  ] as const) t.match(await read(body), { events: [{ kind: 'targetGone' }] }, what)
})

t.test('a soft bounce and a delay change nothing', async (t) => {
  const to = addresses.create(randomUUID(), ann, now)
  for (const status of [
    ['Action: failed', 'Final-Recipient: rfc822;ann@example.com', 'Status: 5.2.2', 'Diagnostic-Code: smtp; 552 5.2.2 over quota'],
    ['Action: failed', 'Final-Recipient: rfc822;ann@example.com', 'Status: 5.7.1', 'Diagnostic-Code: smtp; 550 5.7.1 user unknown or blocked as spam'],
    ['Action: failed', 'Final-Recipient: rfc822;ann@example.com', 'Status: 4.4.7', 'Diagnostic-Code: smtp; 451 4.4.7 expired'],
    ['Action: delayed', 'Final-Recipient: rfc822;ann@example.com', 'Status: 4.2.0']
  ]) t.match(await read(bounce(to, status)), { events: [], result: { result: 'soft' } }, status.join(' '))
})

t.test('a report of spam unsubscribes the address', async (t) => {
  const to = addresses.create(randomUUID(), ann, now)
  const report = Buffer.from([
    'From: abuse@isp.example', 'To: abuse@carillon.example', 'MIME-Version: 1.0', 'Content-Type: multipart/report; report-type=feedback-report; boundary=B', '',
    '--B', 'Content-Type: text/plain', '', 'This is a spam report.', '--B', 'Content-Type: message/feedback-report', '',
    'Feedback-Type: abuse', 'Original-Rcpt-To: <ann@example.com>', '', '--B', 'Content-Type: message/rfc822', '',
    `Return-Path: <${to}>`, 'To: ann@example.com', 'Subject: Hello', '', 'Text', '--B--', ''
  ].join('\r\n'))
  t.match(await read(report), { events: [{ kind: 'unsubscribed', accountId: 'ann@example.com' }] })
})

t.test('ignores what no valid return address proves', async (t) => {
  const key = randomUUID()
  const to = addresses.create(key, ann, now)
  const other = createReturnAddresses('bounce@carillon.example', 'another secret').create(key, ann, now)
  const changed = to.replace(/[0-9a-f]@/, (end) => end === '0@' ? '1@' : '0@')
  for (const [what, body] of [
    ['a token of another secret', bounce(other, failed)],
    ['a changed token', bounce(changed, failed)],
    ['no token', bounce('bounce@carillon.example', failed)],
    ['a token of 8 days ago', bounce(addresses.create(key, ann, now - 8 * days), failed)],
    ['a token of the future', bounce(addresses.create(key, ann, now + days), failed)],
    ['a token for another recipient', bounce(addresses.create(key, addressOf('bob@example.com'), now), failed)],
    ['a vacation reply', Buffer.from(`To: ${to}\r\nAuto-Submitted: auto-replied\r\n\r\nI am away. 5.1.1 user unknown`)],
    ['no mail at all', Buffer.from([0, 255, 10, 13])],
    ['nothing', Buffer.alloc(0)]
  ] as const) t.match(await read(body), { events: [], result: { result: 'ignored' } }, what)
})

t.test('refuses a caller without the secret', async (t) => {
  for (const token of ['', 'wrong', `${secret}x`]) {
    const failure = await failureOf(() => read(bounce(addresses.create(randomUUID(), ann, now), failed), token))
    t.equal(failure.kind, 'unauthorized', token)
  }
})

t.test('a return address fits into the limit of local parts', async (t) => {
  const [local = ''] = addresses.create(randomUUID(), ann, now).split('@')
  t.ok(local.length <= 64, `${local.length} characters`)
  t.throws(() => createReturnAddresses(`${'b'.repeat(30)}@carillon.example`, secret), /EMAIL_BOUNCE_ADDRESS has more than 19 characters/)
})

t.test('ignores a bounce with a field of a megabyte, in its header and in its report', async (t) => {
  const long = 'a'.repeat(1024 * 1024)
  t.match(await read(bounce(long, failed)), { events: [] })
  t.match(await read(bounce('bounce@carillon.example', ['Action: failed', `Final-Recipient: rfc822;${long}`, `To: ${long}`])), { events: [] })
})

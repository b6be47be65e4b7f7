import t from 'tap'
import type { Failure } from '@carillon/http'
import { classify } from '../../../src/providers/email/classify.ts'
import type { SmtpFailure } from '../../../src/providers/email/classify.ts'

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const minutes = 60_000

type Row = [what: string, failure: Partial<SmtpFailure>, expected: Partial<Failure>]

/** A reply to `RCPT TO`. */
function toRecipient (response: string): Partial<SmtpFailure> {
  return { code: 'EENVELOPE', command: 'RCPT TO', responseCode: Number(response.slice(0, 3)), response }
}

/** A reply to the whole message. */
function toMessage (response: string): Partial<SmtpFailure> {
  return { code: 'EMESSAGE', command: 'DATA', responseCode: Number(response.slice(0, 3)), response, wasWritten: true }
}

/** A reply before the recipient is known. */
function toUs (command: string, response: string, code = 'EENVELOPE'): Partial<SmtpFailure> {
  return { code, command, responseCode: Number(response.slice(0, 3)), response }
}

const gone = { kind: 'gone' } as const
const full = { kind: 'transient', reason: 'the mailbox is full', notBefore: now + 60 * minutes } as const
const later = { kind: 'transient', notBefore: now + 5 * minutes } as const
const slower = { kind: 'rateLimited', scope: 'host', retryAt: now + 15 * minutes } as const
const policy = { kind: 'rejected', reason: /by its policy/ } as unknown as Partial<Failure>
const login = { kind: 'misconfigured', reason: 'the SMTP server does not accept our login; check user and password in EMAIL_SMTP_URL' } as const
const closing = { kind: 'transient', reason: 'the server closes the connection' } as const
const lost = { kind: 'transient', mayHaveArrived: true } as const

const rows: Row[] = [
  // The address does not exist.
  ['5.1.1', toRecipient('550 5.1.1 <nouser@example.com>: Recipient address rejected: User unknown'), { ...gone, reason: 'the address does not exist (5.1.1)' }],
  ['5.1.1 in the second line', toRecipient('550-5.1.1 The email account that you tried to reach does not exist. Please try\n550-5.1.1 double-checking'), gone],
  ['5.1.2, the domain', toRecipient('550 5.1.2 Bad destination system'), gone],
  ['5.1.3', toRecipient('553 5.1.3 The recipient address is not a valid RFC-5321 address'), gone],
  ['5.1.6, moved', toRecipient('550 5.1.6 Mailbox has moved'), gone],
  ['5.1.10, no MX that accepts', toRecipient('550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'), gone],
  ['5.2.1, disabled', toRecipient('550 5.2.1 The email account that you tried to reach is disabled'), gone],
  ['Exim without an enhanced status', toRecipient('550 Unrouteable address: user unknown'), gone],
  ['"does not exist"', toRecipient('550 The mailbox does not exist here'), gone],
  ['"no such user"', toRecipient('553 sorry, no such user here'), gone],
  ['5.0.0 with the reason in words', toRecipient('550 5.0.0 <x@example.com>... User unknown'), gone],
  // The mailbox is full: permanent by its class, but it can be emptied.
  ['4.2.2', toRecipient('452 4.2.2 The recipient\'s inbox is out of storage space'), full],
  ['5.2.2', toRecipient('552 5.2.2 The email account that you tried to reach is over quota'), full],
  ['552 without a status', toRecipient('552 Mailbox full'), full],
  ['full after the message', toMessage('552 5.2.2 Mailbox full'), full],
  // Greylisting and other temporary refusals.
  ['4.7.1, greylisting', toRecipient('451 4.7.1 Greylisting in action, please come back later'), later],
  ['450 without a status', toRecipient('450 Please try again later'), later],
  ['4.2.0', toRecipient('450 4.2.0 <x@example.com>: Recipient address rejected: Greylisted'), later],
  ['451 after the message', toMessage('451 4.3.0 Temporary lookup failure'), later],
  // Limits of the recipient's server.
  ['421 at RCPT', toRecipient('421 4.7.0 Try again later, closing connection'), slower],
  ['421 without a status', toRecipient('421 Too busy'), slower],
  ['432', toRecipient('432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded'), slower],
  ['4.2.1', toRecipient('450 4.2.1 The user you are trying to contact is receiving mail too quickly'), slower],
  ['a wait of seconds', toRecipient('450 4.2.1 Too many messages to x.example, try again in 30 seconds'), { ...slower, retryAt: now + 30_000 }],
  ['a wait of minutes', toRecipient('421 4.7.0 Too many connections, please retry after 2 min'), { ...slower, retryAt: now + 2 * minutes }],
  ['a wait of days', toRecipient('421 4.7.0 Too many connections, wait 9999 minutes'), { ...slower, retryAt: now + 60 * minutes }],
  ['"too many connections"', toRecipient('451 Too many connections from your host'), slower],
  ['"receiving mail too quickly"', toMessage('450 4.3.2 receiving mail at a rate that prevents additional messages'), slower],
  ['454 4.7.0', toRecipient('454 4.7.0 Too many login attempts'), slower],
  // Limits of our own server.
  ['421 as the greeting', toUs('CONN', '421 4.3.2 Too many concurrent SMTP connections', 'EPROTOCOL'), { kind: 'rateLimited', scope: 'app', retryAt: now + 15 * minutes }],
  ['421 at MAIL FROM', toUs('MAIL FROM', '421 4.7.0 Too fast'), { kind: 'rateLimited', scope: 'app' }],
  ['421 when the server stops', toUs('CONN', '421 mail.example Server shutting down', 'EPROTOCOL'), closing],
  ['421 when the server stops, at MAIL FROM', toUs('MAIL FROM', '421 4.3.2 Service shutting down'), closing],
  ['421 when the server stops, at AUTH', toUs('AUTH PLAIN', '421 4.4.2 Server shutting down', 'EAUTH'), closing],
  ['421 at a connection that was idle', toUs('MAIL FROM', '421 4.4.2 mail.example Error: timeout exceeded'), closing],
  ['421 at RCPT when the server stops', toRecipient('421 4.3.2 System is restarting'), closing],
  ['454 at AUTH', toUs('AUTH PLAIN', '454 4.7.0 Temporary authentication failure', 'EAUTH'), { kind: 'rateLimited', scope: 'app' }],
  ['5.4.5', toUs('MAIL FROM', '550 5.4.5 Daily user sending limit exceeded'), { kind: 'quota' }],
  ['5.4.5 after the message', toMessage('550 5.4.5 Daily user sending limit exceeded'), { kind: 'quota' }],
  ['4.5.3', toRecipient('452 4.5.3 Domain policy size per transaction exceeded'), { kind: 'quota' }],
  ['a daily limit in words', toRecipient('550 You have reached your daily sending limit'), { kind: 'quota' }],
  // Policies are about our reputation.
  ['5.7.1', toMessage('550 5.7.1 Our system has detected that this message is likely unsolicited mail'), policy],
  ['5.7.26, DMARC', toMessage('550 5.7.26 This mail is unauthenticated'), policy],
  ['5.7.1 with the words of a missing user', toRecipient('550 5.7.1 Recipient unknown or blocked by policy: user unknown'), policy],
  ['"spam" without a status', toMessage('554 Message rejected as spam'), policy],
  ['a listing', toRecipient('550 Blocked - see https://www.spamhaus.org/query/ip/192.0.2.1'), policy],
  ['SPF in words', toRecipient('550 SPF check failed'), policy],
  // Our own configuration.
  ['535', toUs('AUTH PLAIN', '535 5.7.8 Error: authentication failed', 'EAUTH'), login],
  ['534', toUs('AUTH LOGIN', '534 5.7.9 Application-specific password required', 'EAUTH'), login],
  ['530 at MAIL FROM', toUs('MAIL FROM', '530 5.7.0 Must issue a STARTTLS command first'), login],
  ['530 at RCPT', toRecipient('530 5.7.1 Authentication required'), login],
  ['missing credentials', { code: 'ENOAUTH', command: 'API' }, login],
  ['an OAuth 2 refusal', { code: 'EOAUTH2', command: 'AUTH XOAUTH2' }, login],
  ['554 as the greeting', toUs('CONN', '554 No SMTP service here', 'EPROTOCOL'), { kind: 'misconfigured' }],
  ['a sender that is not ours', toUs('MAIL FROM', '553 5.7.1 Sender address rejected: not owned by user'), { kind: 'misconfigured' }],
  ['STARTTLS that is required and not offered', toUs('STARTTLS', '502 5.5.1 Command not implemented', 'ETLS'), { kind: 'misconfigured', reason: /STARTTLS/ } as unknown as Partial<Failure>],
  ['STARTTLS that is not available now', toUs('STARTTLS', '454 4.7.0 TLS not available due to temporary reason', 'ETLS'), { kind: 'rateLimited', scope: 'app' }],
  ['a certificate that is not trusted', { code: 'ESOCKET', command: 'CONN', isUntrusted: true }, { kind: 'misconfigured', reason: /certificate/ } as unknown as Partial<Failure>],
  // The message or the address.
  ['5.3.4', toMessage('552 5.3.4 Message size exceeds fixed limit'), { kind: 'rejected', reason: 'the message is too large' }],
  ['552 with the size in words', toMessage('552 Message size exceeds maximum permitted'), { kind: 'rejected', reason: 'the message is too large' }],
  ['501', toRecipient('501 5.5.4 Bad recipient address syntax'), { kind: 'rejected', reason: 'the address is not accepted' }],
  ['553 without a status', toRecipient('553 Mailbox name not allowed'), { kind: 'rejected', reason: 'the address is not accepted' }],
  ['an address that nodemailer refuses', { code: 'EENVELOPE', command: 'API' }, { kind: 'rejected' }],
  ['554 for another reason', toMessage('554 5.6.0 Transaction failed'), { kind: 'rejected', reason: 'the recipient\'s server refuses the message (5.6.0)' }],
  // No reply.
  ...(['ETLS', 'EDNS', 'ECONNECTION', 'ETIMEDOUT', 'ESOCKET', 'EPROTOCOL', 'EABORT'] as const).flatMap((code): Row[] => [
    [`${code} before the message`, { code, command: 'CONN' }, { kind: 'transient' }],
    [`${code} after the message`, { code, command: 'CONN', wasWritten: true }, lost]
  ]),
  ['421 after the final dot', toMessage('421 4.3.2 Service shutting down'), closing]
]

for (const [what, given, expected] of rows) {
  t.test(`classifies ${what} as ${expected.kind}`, async (t) => {
    const failure = classify({ code: '', command: '', wasWritten: false, ...given }, now)
    t.match(failure, expected)
    if (expected !== lost) t.notOk('mayHaveArrived' in failure, 'and the message has not arrived')
  })
}

t.test('contains no text of the server', async (t) => {
  for (const [what, given] of rows) {
    const { reason } = classify({ code: '', command: '', wasWritten: false, ...given }, now)
    t.notMatch(reason, /example|192\.0\.2|spamhaus/, what)
  }
})

t.test('does not take an address or a version for an enhanced status', async (t) => {
  for (const response of ['550 5.1.1.7 rejects you', '550 refused by 10.5.1.1', '550 v5.1.10']) {
    t.equal(classify({ code: '', command: '', wasWritten: false, ...toRecipient(response) }, now).kind, 'rejected', response)
  }
})

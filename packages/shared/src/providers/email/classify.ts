import type { Failure } from '@carillon/http'

/** What is known about a message that was not accepted. */
export interface SmtpFailure {
  /** nodemailer's code, such as `EENVELOPE`. */
  code: string
  /** The stage: `CONN`, `AUTH PLAIN`, `MAIL FROM`, `RCPT TO`, `DATA`. */
  command: string
  /** The reply's code and text. Absent when the server sent none. */
  responseCode?: number
  response?: string
  /** The server's certificate is not the one of a trusted server with its name. */
  isUntrusted?: boolean
  /** The whole message was written to the connection, so the server may have accepted it. */
  wasWritten: boolean
}

/**
 * Classifies an attempt to hand over a message. The enhanced status (RFC 3463) decides where there is one. Otherwise the reply's
 * code does, and its text where servers use one code for several reasons.
 */
export function classify (failure: SmtpFailure, now: number): Failure {
  const { code, responseCode, wasWritten } = failure
  if (failure.isUntrusted === true) return { kind: 'misconfigured', reason: certificateReason }
  if (code === 'ETLS' && responseCode !== undefined && responseCode >= 500) return { kind: 'misconfigured', reason: startTlsReason }
  // At any stage, also while the server checks our login.
  if (isClosing(failure)) return closing
  if (code === 'EAUTH' || code === 'ENOAUTH' || code === 'EOAUTH2') return classifyLogin(failure, now)
  if (responseCode === undefined || responseCode < 400) {
    if (code === 'EENVELOPE') return { kind: 'rejected', reason: 'the address is not accepted' }
    if (wasWritten) return { kind: 'transient', reason: 'the connection ended before the server confirmed the message', mayHaveArrived: true }
    return { kind: 'transient', reason: transportReasons[code] ?? 'the message was not handed over' }
  }
  return isAboutUs(failure) ? classifyServer(failure, responseCode, now) : classifyReply(failure, responseCode, now)
}

/** Whether the server refused us before it knew the recipient. */
export function isAboutUs ({ command }: SmtpFailure): boolean {
  return !/^(RCPT|DATA)/i.test(command)
}

/** The server's own reply to our login, our greeting or our sender. */
function classifyServer (failure: SmtpFailure, status: number, now: number): Failure {
  const text = textOf(failure)
  if (status === 530 || status === 534 || status === 535 || status === 538) return { kind: 'misconfigured', reason: loginReason }
  if (isOverQuota(statusIn(text), text)) return { kind: 'quota', reason: quotaReason }
  if (status < 500) return limited(now, 'app')
  return { kind: 'misconfigured', reason: 'the SMTP server does not accept our connection or our sender address; check EMAIL_SMTP_URL and EMAIL_FROM' }
}

function classifyLogin (failure: SmtpFailure, now: number): Failure {
  const { responseCode } = failure
  if (responseCode !== undefined && responseCode >= 400 && responseCode < 500) return limited(now, 'app')
  return { kind: 'misconfigured', reason: loginReason }
}

/** The reply to one recipient or to the message. */
function classifyReply (failure: SmtpFailure, status: number, now: number): Failure {
  const text = textOf(failure)
  const enhanced = statusIn(text)
  const isPermanent = status >= 500
  if (status === 530 || status === 535) return { kind: 'misconfigured', reason: loginReason }
  if (isOverQuota(enhanced, text)) return { kind: 'quota', reason: quotaReason }
  // A policy's text often contains the words of the other rules, so it comes first. It is about our reputation.
  if (isPermanent && isPolicy(enhanced, text)) return { kind: 'rejected', reason: `the recipient's server refuses our mail by its policy${suffixOf(enhanced)}` }
  if (isFull(enhanced, status, text)) return { kind: 'transient', reason: 'the mailbox is full', notBefore: now + fullDelayMs }
  if (isPermanent && isTooLarge(enhanced, text)) return { kind: 'rejected', reason: 'the message is too large' }
  if (isPermanent && isGone(enhanced, text)) return { kind: 'gone', reason: `the address does not exist${suffixOf(enhanced)}` }
  // After the message, 421 is the server's shutdown. It has not accepted the message.
  if (status === 421 && failure.code === 'EMESSAGE') return closing
  if (isLimit(enhanced, status, text)) return limited(now, 'host', waitIn(text))
  if (!isPermanent) return { kind: 'transient', reason: `the recipient's server asks to try later${suffixOf(enhanced)}`, notBefore: now + greylistDelayMs }
  if (status === 501 || status === 553) return { kind: 'rejected', reason: 'the address is not accepted' }
  return { kind: 'rejected', reason: `the recipient's server refuses the message${suffixOf(enhanced)}` }
}

const closing: Failure = { kind: 'transient', reason: 'the server closes the connection' }
const limitDelayMs = 15 * 60_000
const maxWaitMs = 60 * 60_000
/** Greylisting servers accept a second attempt after some minutes. */
const greylistDelayMs = 5 * 60_000
const fullDelayMs = 60 * 60_000
const loginReason = 'the SMTP server does not accept our login; check user and password in EMAIL_SMTP_URL'
const startTlsReason = 'the SMTP server does not offer STARTTLS; use smtps:// in EMAIL_SMTP_URL, or add ?requireTLS=false to send without encryption'
const certificateReason = 'the certificate of the SMTP server is not trusted; check the host in EMAIL_SMTP_URL and the certificate of the server'
const quotaReason = 'the SMTP server has no quota left for us'

const transportReasons: Record<string, string> = {
  ECONNECTION: 'no connection to the SMTP server',
  ETIMEDOUT: 'the SMTP server does not respond in time',
  ESOCKET: 'the connection to the SMTP server broke',
  EDNS: 'the name of the SMTP server cannot be resolved',
  ETLS: 'no trusted TLS connection to the SMTP server',
  EABORT: 'aborted'
}

function limited (now: number, scope: 'host' | 'app', delayMs = limitDelayMs): Failure {
  return { kind: 'rateLimited', reason: 'too many messages or connections', retryAt: now + delayMs, scope }
}

/** The wait that a reply asks for, such as `try again in 30 seconds`, at most an hour. SMTP has no field for it. */
function waitIn (text: string): number | undefined {
  const [, number, unit] = /\b(?:again|retry|wait|in|after|for) (\d{1,4}) ?(s|secs?|seconds?|m|mins?|minutes?)\b/.exec(text) ?? []
  if (number === undefined || unit === undefined) return undefined
  return Math.min(maxWaitMs, Math.max(1, Number(number)) * (unit.startsWith('s') ? 1_000 : 60_000))
}

/** Hosts and addresses contain words too, such as `spam` in a URL, so only the reply's first 500 characters count. */
function textOf ({ response = '' }: SmtpFailure): string {
  return response.slice(0, 500).replace(/\s+/g, ' ').toLowerCase()
}

/** The enhanced status, such as `5.1.1`. Empty without one. An IP address is no status. */
function statusIn (text: string): string {
  return /(?:^|[\s(#-])([245]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(text)?.[1] ?? ''
}

function suffixOf (enhanced: string): string {
  return enhanced === '' ? '' : ` (${enhanced})`
}

/** Whether a 421 is about this connection: the server stops, or the connection was idle for too long. Others are limits. */
function isClosing (failure: SmtpFailure): boolean {
  if (failure.responseCode !== 421) return false
  const text = textOf(failure)
  return statusIn(text).startsWith('4.4.') || /\b(shutting down|shut ?down|restart(ing)?|timeout|timed out)\b/.test(text)
}

function isOverQuota (enhanced: string, text: string): boolean {
  return enhanced === '5.4.5' || enhanced === '4.5.3' || /daily .{0,40}(limit|quota)|(limit|quota) .{0,20}per day/.test(text)
}

function isPolicy (enhanced: string, text: string): boolean {
  if (enhanced.startsWith('5.7.')) return true
  const policy = /\b(spam|blocked|blacklist|blocklist|block list|spf|dkim|dmarc|reputation|spamhaus|barracuda|policy|unsolicited)\b/
  return (enhanced === '' || /^5\.[05]\.0$|^5\.1\.0$/.test(enhanced)) && policy.test(text)
}

function isFull (enhanced: string, status: number, text: string): boolean {
  if (enhanced === '4.2.2' || enhanced === '5.2.2') return true
  const full = /mailbox .{0,20}full|(over|exceeded|exceeds) .{0,20}quota|quota .{0,10}exceeded|insufficient .{0,20}storage/
  return (enhanced === '' && status === 552 && !/size|large/.test(text)) || full.test(text)
}

function isTooLarge (enhanced: string, text: string): boolean {
  return enhanced === '5.3.4' || enhanced === '5.2.3' || (enhanced === '' && /message .{0,20}(size|too (large|big))/.test(text))
}

const goneStatuses = new Set(['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10', '5.2.1'])

function isGone (enhanced: string, text: string): boolean {
  if (goneStatuses.has(enhanced)) return true
  const gone = /(user|recipient|mailbox|address|account) (is )?(unknown|not found|unavailable|disabled|inactive)|(unknown|no such|invalid) (user|recipient|mailbox)|does(n't| not) exist|(user|mailbox) not exist/
  return (enhanced === '' || /^5\.[015]\.0$/.test(enhanced)) && gone.test(text)
}

function isLimit (enhanced: string, status: number, text: string): boolean {
  if (status === 421 || status === 432) return true
  if (status < 500 && enhanced === '4.2.1') return true
  if (status === 454 && enhanced === '4.7.0') return true
  return status < 500 && /too many|too quickly|too fast|rate.?limit|throttl|receiving mail at a rate/.test(text)
}

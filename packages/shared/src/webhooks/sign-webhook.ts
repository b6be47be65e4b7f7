import { createHmac, randomBytes } from 'node:crypto'

const prefix = 'whsec_'

/** A secret of the Standard Webhooks specification, for one endpoint. */
export function newWebhookSecret (): string {
  return prefix + randomBytes(32).toString('base64')
}

export function isWebhookSecret (text: string): boolean {
  const bytes = Buffer.from(text.slice(prefix.length), 'base64')
  return text.startsWith(prefix) && bytes.length >= 24 && bytes.length <= 64 && bytes.toString('base64') === text.slice(prefix.length)
}

/**
 * The headers that sign a request (Standard Webhooks 1.0.0), with one signature for each secret. `id` is the same for every
 * attempt, so that receivers can ignore repeats; the time is that of the attempt.
 */
export function signWebhook (
  { id, body, secrets }: { id: string, body: string, secrets: readonly string[] }, now: number
): Record<string, string> {
  const seconds = String(Math.floor(now / 1_000))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signatures.join(' ') }
}

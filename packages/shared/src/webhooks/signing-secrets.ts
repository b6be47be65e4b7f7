import { isWebhookSecret } from './sign-webhook.ts'

/** The secret that signs webhooks, and earlier secrets, which also sign until `until` (milliseconds since the epoch). */
export interface SigningSecrets {
  secret: string
  retiring?: RetiringSecret[]
}

interface RetiringSecret {
  secret: string
  until: number
}

/** How long the receiver may keep the earlier secret. */
const overlapMs = 24 * 60 * 60 * 1000
/** A receiver whose secret is replaced many times must not make requests long. */
const maxRetiring = 3

/** The new secret of a receiver, together with the earlier ones for a day, so that it can replace them in time. */
export function replaceSecret (old: SigningSecrets, secret: string, now: number): SigningSecrets {
  const { retiring: earlier = [] } = old
  const replaced = old.secret === secret ? [] : [{ secret: old.secret, until: now + overlapMs }]
  const isUseful = (one: RetiringSecret): boolean => one.until > now && one.secret !== secret
  const retiring = [...replaced, ...earlier].filter(isUseful).slice(0, maxRetiring)
  return { secret, ...retiring.length > 0 && { retiring } }
}

/** All secrets that sign now, the newest first. */
export function activeSecrets ({ secret, retiring = [] }: SigningSecrets, now: number): [string, ...string[]] {
  return [secret, ...retiring.filter(({ until }) => until > now).map((one) => one.secret)]
}

/** The secrets in a value. Undefined when it has none, or invalid ones. */
export function parseSigningSecrets (value: unknown): SigningSecrets | undefined {
  const { secret, retiring = [] } = Object(value) as Partial<Record<string, unknown>>
  const isValid = typeof secret === 'string' && isWebhookSecret(secret) && Array.isArray(retiring) && retiring.every(isRetiring)
  return isValid ? { secret, ...retiring.length > 0 && { retiring } } : undefined
}

function isRetiring (value: unknown): value is RetiringSecret {
  const { secret, until } = Object(value) as Partial<Record<string, unknown>>
  return typeof secret === 'string' && isWebhookSecret(secret) && typeof until === 'number'
}

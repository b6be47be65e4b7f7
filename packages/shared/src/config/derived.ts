import { deriveKeys } from '../vault/index.ts'
import type { VaultKey } from '../vault/index.ts'
import type { Config } from './config.ts'

/** The URL of the API for browsers. `port` is the port that the server listens on. */
export function publicUrl (config: Config, port = config.PORT): string {
  return config.PUBLIC_URL ?? urlOf(config.HOST, port)
}

/** The URL of a server that listens on `host` and `port` of this machine. */
export function urlOf (host: string, port: number): string {
  return `http://${reachable(host)}:${port}`
}

/** The keys that sign user tokens: the first signs, and all verify. */
export function userTokenKeys (
  { USER_TOKEN_KEYS, CARILLON_KEYS }: Pick<Config<'CARILLON_KEYS'>, 'USER_TOKEN_KEYS' | 'CARILLON_KEYS'>
): [VaultKey, ...VaultKey[]] {
  return USER_TOKEN_KEYS ?? deriveKeys(CARILLON_KEYS, 'user-token')
}

/** When a welcome message is sent, and its texts. */
export function welcomeMessage (config: Config) {
  const { WELCOME_MESSAGE: when, WELCOME_TITLE: title, WELCOME_BODY: body } = config
  return { when, title, body }
}

/** The limits on requests to providers, per minute. */
export function outgoingLimits (config: Config) {
  const { OUTGOING_PER_USER: perUser, OUTGOING_PER_HOST: perHost, OUTGOING_PER_PROVIDER: perProvider } = config
  return { perUser, perHost, perProvider }
}

/** The limits on requests to the API, in cost units per minute. */
export function rateLimits (config: Config) {
  return {
    perKey: config.RATE_LIMIT_PER_KEY,
    perUser: config.RATE_LIMIT_PER_USER,
    perIp: config.RATE_LIMIT_PER_IP,
    inboundPerIp: config.RATE_LIMIT_INBOUND_PER_IP
  }
}

/** How often and how far back data is pulled. */
export function pullPace (config: Config) {
  const { PULL_BACKFILL_DAYS: backfillDays, PULL_REREAD_DAYS: rereadDays, PULL_EVERY_MINUTES: everyMinutes } = config
  return { backfillDays, rereadDays, everyMs: everyMinutes * 60_000 }
}

/** Servers can listen on a wildcard address, but clients cannot connect to it. */
function reachable (host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

import type { Config } from './config.ts'

/** The URL of the API for browsers. `port` is the port that the server listens on. */
export function publicUrl (config: Config, port = config.PORT): string {
  return config.PUBLIC_URL ?? urlOf(config.HOST, port)
}

/** The URL of a server that listens on `host` and `port` of this machine. */
export function urlOf (host: string, port: number): string {
  return `http://${reachable(host)}:${port}`
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

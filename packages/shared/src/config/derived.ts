import type { Config } from './config.ts'

/** How browsers reach the API; `port` is the one it really listens on. */
export function publicUrl (config: Config, port = config.PORT): string {
  return config.PUBLIC_URL ?? urlOf(config.HOST, port)
}

/** How to reach what listens on `host` and `port` of this machine. */
export function urlOf (host: string, port: number): string {
  return `http://${reachable(host)}:${port}`
}

/** Requests a minute that the API makes to providers for its callers. */
export function outgoingLimits (config: Config) {
  const { OUTGOING_PER_USER: perUser, OUTGOING_PER_HOST: perHost, OUTGOING_PER_PROVIDER: perProvider } = config
  return { perUser, perHost, perProvider }
}

/** How data is read, and how much of it. */
export function pullPace (config: Config) {
  const { PULL_BACKFILL_DAYS: backfillDays, PULL_REREAD_DAYS: rereadDays, PULL_EVERY_MINUTES: everyMinutes } = config
  return { backfillDays, rereadDays, everyMs: everyMinutes * 60_000 }
}

/** A wildcard is an address to listen on, not one to go to. */
function reachable (host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

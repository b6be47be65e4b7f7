import { truncate } from '../text/index.ts'
import type { Config } from './config.ts'

/** How browsers reach the API; `port` is the one it really listens on. */
export function publicUrl (config: Config, port = config.PORT): string {
  return config.PUBLIC_URL ?? urlOf(config.HOST, port)
}

/** How to reach what listens on `host` and `port` of this machine. */
export function urlOf (host: string, port: number): string {
  return `http://${reachable(host)}:${port}`
}

/** What `createProviders` takes: a provider whose client is not configured is left out. */
export function providerConfig (config: Config) {
  const pushbullet = clientOf(config.PUSHBULLET_CLIENT_ID, config.PUSHBULLET_CLIENT_SECRET)
  const blotre = clientOf(config.BLOTRE_CLIENT_ID, config.BLOTRE_CLIENT_SECRET)
  const facebook = clientOf(config.FACEBOOK_CLIENT_ID, config.FACEBOOK_CLIENT_SECRET)
  const { PUMPIO_CLIENT_NAME: name } = config
  return {
    pushbullet: pushbullet && {
      ...pushbullet, authorizeUrl: config.PUSHBULLET_AUTHORIZE_URL, apiUrl: config.PUSHBULLET_API_URL
    },
    pumpio: name === undefined
      ? undefined
      : {
          application: { name, contacts: config.PUMPIO_CONTACTS },
          insecureHosts: config.PUMPIO_HTTP_HOSTS,
          audience: config.PUMPIO_AUDIENCE
        },
    blotre: blotre && {
      ...blotre,
      url: config.BLOTRE_URL,
      stream: config.BLOTRE_STREAM,
      tags: config.BLOTRE_TAGS,
      colors: config.BLOTRE_COLORS,
      introduction: { name: truncate(config.SITE_NAME.padEnd(3), 254), blurb: `Shows on your stream what ${config.SITE_NAME} has to tell you.` }
    },
    facebook: facebook && {
      ...facebook,
      wwwUrl: config.FACEBOOK_WWW_URL,
      graphUrl: config.FACEBOOK_GRAPH_URL,
      version: config.FACEBOOK_VERSION,
      scope: config.FACEBOOK_SCOPE
    }
  }
}

/** What a provider may be sent at most, by its id; one without an entry is not limited. */
export function perSecond (config: Config): Map<string, number> {
  const limits = {
    pushbullet: config.PUSHBULLET_MAX_PER_SECOND,
    pumpio: config.PUMPIO_MAX_PER_SECOND,
    blotre: config.BLOTRE_MAX_PER_SECOND,
    facebook: config.FACEBOOK_MAX_PER_SECOND
  }
  return new Map(Object.entries(limits).flatMap(([id, limit]) => limit === undefined ? [] : [[id, limit]]))
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

function clientOf (clientId: string | undefined, clientSecret: string | undefined) {
  return clientId === undefined || clientSecret === undefined ? undefined : { clientId, clientSecret }
}

/** A wildcard is an address to listen on, not one to go to. */
function reachable (host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

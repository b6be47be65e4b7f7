import type { Config } from './config.ts'

/** How browsers reach the API; `port` is the one it really listens on. */
export function publicUrl (config: Config, port = config.PORT): string {
  return config.PUBLIC_URL ?? `http://${reachable(config.HOST)}:${port}`
}

/** What `createProviders` takes: a provider whose client is not configured is left out. */
export function providerConfig (config: Config) {
  const { PUSHBULLET_CLIENT_ID: clientId, PUSHBULLET_CLIENT_SECRET: clientSecret } = config
  return {
    ...(clientId === undefined || clientSecret === undefined
      ? {}
      : {
          pushbullet: {
            clientId, clientSecret, authorizeUrl: config.PUSHBULLET_AUTHORIZE_URL, apiUrl: config.PUSHBULLET_API_URL
          }
        })
  }
}

/** A wildcard is an address to listen on, not one to go to. */
function reachable (host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

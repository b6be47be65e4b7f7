/** The push services of current browsers. Each entry includes its subdomains. */
const knownHosts = [
  // Chrome, and other browsers based on Chromium
  'fcm.googleapis.com', 'android.googleapis.com', 'jmt17.google.com',
  // Firefox
  'push.services.mozilla.com',
  // Safari
  'push.apple.com',
  // Edge
  'notify.windows.com'
]

const maxEndpointLength = 2_048

export interface PushHosts {
  /** The origins that the operator listed, which need no guard. */
  origins: string[]
  /** What is wrong with an endpoint, as the end of a sentence. Undefined when messages may be sent to it. */
  findFault: (endpoint: string) => string | undefined
}

/** `listed` is WEBPUSH_HOSTS: host names, origins, or `*` for every host that the guard permits. */
export function createPushHosts (listed: readonly string[]): PushHosts {
  const origins = listed.filter((item) => item.includes('://'))
  const hosts = [...knownHosts, ...listed.filter((item) => !item.includes('://') && item !== '*').map((item) => item.toLowerCase())]
  const allowsAll = listed.includes('*')
  return {
    origins,
    findFault: (endpoint) => {
      if (endpoint.length > maxEndpointLength || !URL.canParse(endpoint)) return 'is not a URL'
      const { hostname, origin, password, port, protocol, username } = new URL(endpoint)
      if (username !== '' || password !== '') return 'contains a user name or a password'
      // Chromium returns such an endpoint when it subscribes right after it has unsubscribed.
      if (hostname.endsWith('.invalid')) return 'was removed by the browser'
      if (origins.includes(origin)) return undefined
      if (protocol !== 'https:' || port !== '') return 'is not an https URL on the usual port'
      // Compares the host alone: the rest of the URL may contain anything.
      if (allowsAll || hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`))) return undefined
      return 'is not at a push service that this server allows (WEBPUSH_HOSTS)'
    }
  }
}

/** The application that is registered at a simulated service. */
export interface RegisteredClient {
  readonly id: string
  readonly secret: string
  readonly name: string
  readonly redirectPath: string
}

/** The http or https URL with one of these paths on any port of this machine; undefined for anything else. */
export function parseLoopbackUrl (text: string, paths: string[]): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isAccepted = url !== undefined && /^https?:$/.test(url.protocol) && isLoopback(url.hostname) && paths.includes(url.pathname)
  return isAccepted ? url : undefined
}

/** Whether `redirectUri` is one of these paths on this machine to the letter, without query and fragment. */
export function isExactLoopbackUrl (redirectUri: string, paths: string[]): boolean {
  const url = parseLoopbackUrl(redirectUri, paths)
  return url !== undefined && redirectUri === url.origin + url.pathname
}

function isLoopback (hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}

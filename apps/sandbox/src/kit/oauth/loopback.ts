/** Whether a host name, as `URL.hostname` writes it, is this machine. */
function isLoopback (hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}

/** The http address `text` on this machine, when its path is one of these; undefined otherwise. */
export function parseLoopbackUrl (text: string, paths: string[]): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isOurs = url !== undefined && /^https?:$/.test(url.protocol) && isLoopback(url.hostname) && paths.includes(url.pathname)
  return isOurs ? url : undefined
}

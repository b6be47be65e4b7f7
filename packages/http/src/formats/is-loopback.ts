/** Whether the `hostname` of a URL is this machine, so that what is sent there does not leave it. */
export function isLoopback (hostname: string): boolean {
  return hostname.toLowerCase() === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}

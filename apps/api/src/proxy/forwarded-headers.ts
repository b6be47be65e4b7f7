type Headers = Record<string, string | string[] | undefined>

/** RFC 9110 §7.6.1, and headers that older software uses for the same purpose. */
const hopByHop = [
  'connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'trailers', 'transfer-encoding', 'upgrade', 'expect', 'http2-settings'
]

/** Credentials: the caller's are for Carillon, and the provider's are for no one. */
const credentials = ['authorization', 'cookie', 'cookie2', 'access-token', 'x-access-token', 'x-api-key', 'api-key', 'x-auth-token']

/** Headers that would tell the provider where the request comes from. */
const origins = ['host', 'forwarded', 'via', 'x-real-ip', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip', 'origin', 'referer']

/** Set by Carillon: the length of the body, and no encoding, so that it can read why a request was refused. */
const ours = ['content-length', 'accept-encoding']

/** Headers in which a provider speaks about its own host. */
const aboutHost = [
  'set-cookie', 'set-cookie2', 'strict-transport-security', 'public-key-pins', 'alt-svc', 'clear-site-data', 'service-worker-allowed',
  'content-security-policy', 'content-security-policy-report-only', 'report-to', 'reporting-endpoints', 'nel', 'refresh', 'sourcemap'
]

const droppedFromRequests = new Set([...hopByHop, ...credentials, ...origins, ...ours])
/** The API returns its own id with every response. */
const droppedFromResponses = new Set([...hopByHop, ...credentials, ...aboutHost, 'x-request-id'])

/** The headers of the caller that are forwarded. */
export function requestHeaders (received: Headers): Record<string, string | string[]> {
  return keep(received, (name) => !droppedFromRequests.has(name) && !/^(proxy-|x-forwarded-|sec-)/.test(name))
}

/** The headers of the provider that are returned, and headers that keep browsers from running its content as ours. */
export function responseHeaders (received: Headers): Record<string, string | string[]> {
  return {
    ...keep(received, (name) => !droppedFromResponses.has(name) && !/^(proxy-|access-control-)/.test(name)),
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff'
  }
}

/** `Connection` names further hop-by-hop headers. */
function keep (received: Headers, isKept: (name: string) => boolean): Record<string, string | string[]> {
  const named = new Set([received['connection'] ?? []].flat().flatMap((list) => list.split(',')).map((name) => name.trim().toLowerCase()))
  return Object.fromEntries(Object.entries(received).flatMap(([name, value]) =>
    value !== undefined && !named.has(name) && isKept(name) ? [[name, value]] : []))
}

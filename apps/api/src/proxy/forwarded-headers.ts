type Headers = Record<string, string | string[] | undefined>

/** RFC 9110 §7.6.1, and what older software takes for the same. */
const hopByHop = [
  'connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'trailers', 'transfer-encoding', 'upgrade', 'expect', 'http2-settings'
]

/** What proves who somebody is: the caller's is for us, and the provider's for nobody. */
const credentials = ['authorization', 'cookie', 'cookie2', 'access-token', 'x-access-token', 'x-api-key', 'api-key', 'x-auth-token']

/** Where a request comes from is not the provider's business. */
const origins = ['host', 'forwarded', 'via', 'x-real-ip', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip', 'origin', 'referer']

/** Length is that of the body as it is sent; answers have to be readable, to tell a dead token from another refusal. */
const ours = ['content-length', 'accept-encoding']

/** What a provider may say about its own host, and not about ours. */
const aboutHost = [
  'set-cookie', 'set-cookie2', 'strict-transport-security', 'public-key-pins', 'alt-svc', 'clear-site-data', 'service-worker-allowed',
  'content-security-policy', 'content-security-policy-report-only', 'report-to', 'reporting-endpoints', 'nel', 'refresh', 'sourcemap'
]

const droppedFromRequests = new Set([...hopByHop, ...credentials, ...origins, ...ours])
const droppedFromAnswers = new Set([...hopByHop, ...credentials, ...aboutHost])

/** What of a caller's headers goes to the provider. */
export function requestHeaders (received: Headers): Record<string, string | string[]> {
  return keep(received, (name) => !droppedFromRequests.has(name) && !/^(proxy-|x-forwarded-|sec-)/.test(name))
}

/** What of the provider's headers goes to the caller, and what makes sure that no browser takes its content for ours. */
export function answerHeaders (received: Headers): Record<string, string | string[]> {
  return {
    ...keep(received, (name) => !droppedFromAnswers.has(name) && !/^(proxy-|access-control-)/.test(name)),
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff'
  }
}

/** `Connection` names further headers that end with the hop. */
function keep (received: Headers, isKept: (name: string) => boolean): Record<string, string | string[]> {
  const named = new Set([received['connection'] ?? []].flat().flatMap((list) => list.split(',')).map((name) => name.trim().toLowerCase()))
  return Object.fromEntries(Object.entries(received).flatMap(([name, value]) =>
    value !== undefined && !named.has(name) && isKept(name) ? [[name, value]] : []))
}

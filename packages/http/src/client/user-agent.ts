/** A literal, because bundles of the clients contain no package.json. */
export const productVersion = '0.1.0'
/** The product and its version (RFC 9110 §10.1.5). */
const product = `Carillon/${productVersion}`

/** The User-Agent of all requests. `url` is where an operator of a provider learns more about this deployment. */
export function formatUserAgent (url?: string): string {
  return url === undefined ? product : `${product} (+${url})`
}

/** Adds our User-Agent after one that the request has, such as that of a caller of the proxy. */
export function addUserAgent<Headers extends Record<string, string | string[]>> (
  headers: Headers | undefined, userAgent: string
): Headers & { 'user-agent': string } {
  const own = headers?.['user-agent']
  return { ...headers, 'user-agent': own === undefined ? userAgent : `${[own].flat().join(' ')} ${userAgent}` } as Headers & { 'user-agent': string }
}

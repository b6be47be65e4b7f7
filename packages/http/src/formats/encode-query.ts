/**
 * A query for a URL, without its `?`. A space becomes `%20`, which every server decodes. Some servers decode `+` as a space
 * only in form bodies.
 */
export function encodeQuery (parameters: Record<string, string>): string {
  return Object.entries(parameters).map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&')
}

/** Adds `parameters` to the query of a URL. The existing text stays unchanged. */
export function withParameters (url: string, parameters: Record<string, string>): string {
  const query = encodeQuery(parameters)
  if (query === '') return url
  const [base = '', ...fragment] = url.split('#')
  const separator = !base.includes('?') ? '?' : /[?&]$/.test(base) ? '' : '&'
  return [`${base}${separator}${query}`, ...fragment].join('#')
}

/** Removes the parameters `names` from a query, with or without its `?`. The others stay unchanged. */
export function withoutParameters (search: string, names: readonly string[]): string {
  const mark = search.startsWith('?') ? '?' : ''
  const kept = search.slice(mark.length).split('&').filter((part) => !names.includes(nameOf(part)))
  return kept.length === 0 ? '' : `${mark}${kept.join('&')}`
}

/** Encodes everything but the unreserved characters of RFC 3986, as RFC 5849 §3.6 requires. */
export function percentEncode (text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

function nameOf (part: string): string {
  const [[name] = ['']] = [...new URLSearchParams(part)]
  return name
}

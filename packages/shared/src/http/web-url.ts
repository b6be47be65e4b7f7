/**
 * Reads an absolute http or https URL as people write it. The result is what the URL parser makes of it, so what was checked is
 * what is stored and sent. The parser alone is too kind: it takes `https:host`, and drops spaces and line breaks.
 */
export function readWebUrl (text: string): { url: string } | { fault: string } {
  if (/[\s\p{Cc}]/u.test(text)) return { fault: 'must not contain spaces or control characters: percent-encode them' }
  if (!/^https?:\/\/[^/\\?#]/i.test(text)) return { fault: 'must start with http:// or https:// and a host' }
  if (!URL.canParse(text)) return { fault: 'must be a URL such as https://site.example/page' }
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return { fault: 'must not contain a user name or a password' }
  return { url: url.href }
}

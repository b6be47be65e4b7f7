/**
 * Reads an absolute http or https URL that a person wrote. Returns the parser's output, so the checked URL is the stored and
 * sent one. The parser alone is too lenient: it accepts `https:host`, and drops spaces and line breaks.
 */
export function readWebUrl (text: string): { url: string } | { fault: string } {
  if (/[\s\p{Cc}]/u.test(text)) return { fault: 'must not contain spaces or control characters: percent-encode them' }
  if (!/^https?:\/\/[^/\\?#]/i.test(text)) return { fault: 'must start with http:// or https:// and a host' }
  if (!URL.canParse(text)) return { fault: 'must be a URL such as https://site.example/page' }
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return { fault: 'must not contain a user name or a password' }
  return { url: url.href }
}

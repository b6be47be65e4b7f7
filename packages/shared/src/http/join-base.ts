/**
 * The URL of `path` under `baseUrl`, which may itself have a path but no slash at its end. Undefined when `path` leads
 * elsewhere: without its slash it would continue our host's name, and dots could leave the base's path.
 */
export function joinBase (baseUrl: string, path: string): URL | undefined {
  const written = `${baseUrl}${path}`
  if (!path.startsWith('/') || !URL.canParse(written)) return undefined
  const [base, url] = [new URL(`${baseUrl}/`), new URL(written)]
  return url.origin === base.origin && url.pathname.startsWith(base.pathname) ? url : undefined
}

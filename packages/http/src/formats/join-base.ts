/**
 * Appends `path` to `baseUrl`, which may have a path but no trailing slash. Undefined when the result leaves the base: a path
 * without a leading slash would extend the host name, and dot segments could leave the base's path.
 */
export function joinBase (baseUrl: string, path: string): URL | undefined {
  const written = `${baseUrl}${path}`
  if (!path.startsWith('/') || !URL.canParse(written)) return undefined
  const [base, url] = [new URL(`${baseUrl}/`), new URL(written)]
  return url.origin === base.origin && url.pathname.startsWith(base.pathname) ? url : undefined
}

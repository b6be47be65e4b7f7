import { assertNoInputErrors } from '../problems/problem.ts'

/**
 * The path behind `/proxy` in a request, without decoding, which would change its meaning. Throws Problem `invalidInput` for a
 * path that resolves to another one (`..`, also encoded, `\`, `//host`, a control character).
 */
export function forwardedPath (rawUrl: string): string {
  const [, path = ''] = /^\/[^?]*?\/proxy(\/[^]*)$/.exec(rawUrl) ?? []
  // A placeholder host shows whether the path would name another host or another path.
  const url = URL.canParse(`http://provider.invalid${path}`) ? new URL(`http://provider.invalid${path}`) : undefined
  const [pathname = ''] = path.split('?')
  const says = url !== undefined && path !== '' && !path.startsWith('//') && url.host === 'provider.invalid' && url.pathname === pathname
  if (!says || url.hash !== '' || dots.test(pathname)) {
    assertNoInputErrors([{ path: '*', message: 'must be a plain path without . and .. segments, with reserved characters percent-encoded' }])
  }
  return `${pathname}${url?.search ?? ''}`
}

/** A later decoder may read an encoded slash as a slash, so dot segments between encoded slashes are refused too. */
const dots = /(^|\/|\\|%2f|%5c)(\.|%2e){1,2}(\/|\\|%2f|%5c|$)/i

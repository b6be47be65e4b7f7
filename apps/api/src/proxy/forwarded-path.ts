import { refuseFaults } from '../problems/problem.ts'

/**
 * What is behind `/proxy` in a request's address, as it was sent: decoding it would change what the provider is asked. A path
 * that means another one than it says (`..`, also encoded, `\`, `//host`, a control character) is refused.
 */
export function forwardedPath (rawUrl: string): string {
  const [, path = ''] = /^\/[^?]*?\/proxy(\/[^]*)$/.exec(rawUrl) ?? []
  // A host of our own in front: whatever could turn into a host of its own, or leave the path it names, shows.
  const url = URL.canParse(`http://provider.invalid${path}`) ? new URL(`http://provider.invalid${path}`) : undefined
  const [pathname = ''] = path.split('?')
  const says = url !== undefined && path !== '' && !path.startsWith('//') && url.host === 'provider.invalid' && url.pathname === pathname
  if (!says || url.hash !== '' || dots.test(pathname)) {
    refuseFaults([{ path: '*', message: 'is not a plain path: write it without . and .., and percent-encode what has to be' }])
  }
  return `${pathname}${url?.search ?? ''}`
}

/** A slash may be encoded twice over before somebody takes it for one; dots between them never have business there. */
const dots = /(^|\/|\\|%2f|%5c)(\.|%2e){1,2}(\/|\\|%2f|%5c|$)/i

import { randomBytes } from 'node:crypto'
import { bindHandshake, isBrowserOf } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Services } from '../services.ts'

/** The secrets by which the browser of a request proves that handshakes are bound to it. */
export interface BrowserSecrets {
  /** The secret of one handshake; undefined when the browser has none that we signed. */
  of: (handshakeId: string) => string | undefined
  all: string[]
}

/** Each confirmation takes a new secret: the one in the cookie may have been planted. */
export function newBrowserSecret (): string {
  return randomBytes(32).toString('base64url')
}

/** Whether the handshake is bound to this browser. */
export function isOwnHandshake (handshake: Handshake, browser: BrowserSecrets): boolean {
  const secret = browser.of(handshake.id)
  return secret !== undefined && isBrowserOf(handshake, secret)
}

/** Whether the handshake is bound to this browser or to none. */
export function mayUseHandshake (handshake: Handshake, browser: BrowserSecrets): boolean {
  return handshake.browserHash === null || isOwnHandshake(handshake, browser)
}

/**
 * Binds the handshake to this browser, unless it is bound already. `secret` is for the browser's cookie; it is absent when the
 * browser has it. False when the handshake is bound to another browser, or has ended.
 */
export async function bindToBrowser (
  { database, now }: Pick<Services, 'database' | 'now'>, handshake: Handshake, browser: BrowserSecrets
): Promise<false | { secret?: string }> {
  if (handshake.browserHash !== null) return isOwnHandshake(handshake, browser) ? {} : false
  const secret = newBrowserSecret()
  return await bindHandshake(database, { id: handshake.id, browser: secret }, now()) ? { secret } : false
}

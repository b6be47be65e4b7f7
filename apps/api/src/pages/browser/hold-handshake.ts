import type { FastifyReply, FastifyRequest } from 'fastify'
import { bindHandshake, isBrowserOf } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Services } from '../../services.ts'
import { newSecret } from './browser-cookies.ts'
import type { BrowserCookies } from './browser-cookies.ts'

/** Whether the handshake belongs to this browser, or to none yet. */
export function mayHold (request: FastifyRequest, { id, browserHash }: Handshake, browser: BrowserCookies): boolean {
  const secret = browser.read(request, id)
  return browserHash === null || (secret !== undefined && isBrowserOf({ browserHash }, secret))
}

/** Ties the handshake to this browser, unless it belongs to one. False when that is another one, or the handshake is over. */
export async function holdHandshake (
  request: FastifyRequest, reply: FastifyReply, handshake: Handshake, browser: BrowserCookies, { database, now }: Pick<Services, 'database' | 'now'>
): Promise<boolean> {
  if (handshake.browserHash !== null) return mayHold(request, handshake, browser)
  const secret = newSecret()
  if (!await bindHandshake(database, { id: handshake.id, browser: secret }, now())) return false
  browser.give(request, reply, handshake.id, secret)
  return true
}

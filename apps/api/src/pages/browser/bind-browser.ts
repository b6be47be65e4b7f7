import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Handshake } from '@carillon/shared/handshakes'
import { bindToBrowser } from '../../handshakes/browser-binding.ts'
import type { Services } from '../../services.ts'
import type { BrowserCookies } from './browser-cookies.ts'

/** Binds the handshake to this browser, and sets its cookie. False when it is bound to another browser, or has ended. */
export async function bindBrowser (
  request: FastifyRequest, reply: FastifyReply, handshake: Handshake,
  { cookies, services }: { cookies: BrowserCookies, services: Services }
): Promise<boolean> {
  const binding = await bindToBrowser(services, handshake, cookies.read(request))
  if (binding === false) return false
  if (binding.secret !== undefined) cookies.set(request, reply, handshake.id, binding.secret)
  return true
}

import { randomBytes } from 'node:crypto'
import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Site } from '../services.ts'

export interface BrowserCookie {
  /** The secret by which this browser is known again; undefined when it has none that we signed. */
  read: (request: FastifyRequest) => string | undefined
  /** The browser's secret, given to it now if it has none. One serves all its tabs. */
  ensure: (request: FastifyRequest, reply: FastifyReply) => string
}

/** Under https the name forbids every other host to set it (RFC 6265bis §4.1.3.2), which in turn asks for the path `/`. */
export function createBrowserCookie ({ publicUrl }: Site): BrowserCookie {
  const { protocol, pathname } = new URL(publicUrl)
  const secure = protocol === 'https:'
  const name = secure ? '__Host-carillon_browser' : 'carillon_browser'
  const options: CookieSerializeOptions = {
    httpOnly: true, sameSite: 'lax', signed: true, secure, path: secure ? '/' : `${pathname.replace(/\/$/, '')}/connect`
  }
  const read = (request: FastifyRequest): string | undefined => {
    const { valid, value } = request.unsignCookie(request.cookies[name] ?? '')
    return valid && value !== null ? value : undefined
  }
  return {
    read,
    ensure: (request, reply) => {
      const known = read(request)
      if (known !== undefined) return known
      const secret = randomBytes(32).toString('base64url')
      reply.setCookie(name, secret, options)
      return secret
    }
  }
}

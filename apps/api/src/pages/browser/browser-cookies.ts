import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BrowserSecrets } from '../../handshakes/browser-binding.ts'
import type { Site } from '../../services.ts'

/** The cookies that bind handshakes to browsers: one signed cookie for each handshake. */
export interface BrowserCookies {
  read: (request: FastifyRequest) => BrowserSecrets
  /** Sets the cookie of this handshake. */
  set: (request: FastifyRequest, reply: FastifyReply, handshakeId: string, secret: string) => void
}

const lifetimeSeconds = 3_600
/** Request headers must stay short, so a browser keeps the cookies of its latest handshakes. */
const maxCookies = 12

/**
 * Under https, the `__Host-` prefix keeps other hosts from setting the cookie (RFC 6265bis §4.1.3.2). It requires the path `/`.
 */
export function createBrowserCookies ({ publicUrl }: Site): BrowserCookies {
  const { protocol, pathname } = new URL(publicUrl)
  const secure = protocol === 'https:'
  const prefix = secure ? '__Host-carillon_browser_' : 'carillon_browser_'
  const options: CookieSerializeOptions = {
    httpOnly: true, sameSite: 'lax', signed: true, secure, path: secure ? '/' : `${pathname.replace(/\/$/, '')}/connect`, maxAge: lifetimeSeconds
  }
  const nameOf = (handshakeId: string): string => prefix + handshakeId.replaceAll('-', '')

  /** The ids of handshakes start with a timestamp, so the names sort by age. */
  const namesIn = ({ cookies }: FastifyRequest): string[] => Object.keys(cookies).filter((name) => name.startsWith(prefix)).sort()

  function readNamed (request: FastifyRequest, name: string): string | undefined {
    const { valid, value } = request.unsignCookie(request.cookies[name] ?? '')
    return valid && value !== null ? value : undefined
  }

  return {
    read: (request) => ({
      of: (handshakeId) => readNamed(request, nameOf(handshakeId)),
      all: namesIn(request).map((name) => readNamed(request, name)).filter((secret) => secret !== undefined)
    }),
    set: (request, reply, handshakeId, secret) => {
      const name = nameOf(handshakeId)
      const others = namesIn(request).filter((other) => other !== name)
      for (const old of others.slice(0, Math.max(0, others.length - maxCookies + 1))) reply.clearCookie(old, { path: options.path ?? '/', secure })
      reply.setCookie(name, secret, options)
    }
  }
}

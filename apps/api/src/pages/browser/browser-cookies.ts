import { randomBytes } from 'node:crypto'
import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Site } from '../../services.ts'

/** The secrets by which a browser proves that handshakes belong to it: one cookie for each. */
export interface BrowserCookies {
  /** The secret of this handshake; undefined when this browser has none that we signed. */
  read: (request: FastifyRequest, handshakeId: string) => string | undefined
  /** The secrets of all handshakes of this browser. */
  readAll: (request: FastifyRequest) => string[]
  /** Gives the browser the secret of this handshake. */
  give: (request: FastifyRequest, reply: FastifyReply, handshakeId: string, secret: string) => void
}

const lifetimeSeconds = 3_600
/** A browser that begins more handshakes forgets the oldest. Its request headers have to stay short. */
const maxCookies = 12

/** Under https the name forbids every other host to set it (RFC 6265bis §4.1.3.2), which requires the path `/`. */
export function createBrowserCookies ({ publicUrl }: Site): BrowserCookies {
  const { protocol, pathname } = new URL(publicUrl)
  const secure = protocol === 'https:'
  const prefix = secure ? '__Host-carillon_browser_' : 'carillon_browser_'
  const options: CookieSerializeOptions = {
    httpOnly: true, sameSite: 'lax', signed: true, secure, path: secure ? '/' : `${pathname.replace(/\/$/, '')}/connect`, maxAge: lifetimeSeconds
  }
  const nameOf = (handshakeId: string): string => prefix + handshakeId.replaceAll('-', '')

  function readNamed (request: FastifyRequest, name: string): string | undefined {
    const { valid, value } = request.unsignCookie(request.cookies[name] ?? '')
    return valid && value !== null ? value : undefined
  }

  /** The ids of handshakes begin with their time, so that names sort by age. */
  const namesIn = ({ cookies }: FastifyRequest): string[] => Object.keys(cookies).filter((name) => name.startsWith(prefix)).sort()

  return {
    read: (request, handshakeId) => readNamed(request, nameOf(handshakeId)),
    readAll: (request) => namesIn(request).map((name) => readNamed(request, name)).filter((secret) => secret !== undefined),
    give: (request, reply, handshakeId, secret) => {
      const name = nameOf(handshakeId)
      const others = namesIn(request).filter((other) => other !== name)
      for (const old of others.slice(0, Math.max(0, others.length - maxCookies + 1))) reply.clearCookie(old, { path: options.path ?? '/', secure })
      reply.setCookie(name, secret, options)
    }
  }
}

/** Each confirmation takes a new one: others may know the one that is in the cookie already. */
export function newSecret (): string {
  return randomBytes(32).toString('base64url')
}

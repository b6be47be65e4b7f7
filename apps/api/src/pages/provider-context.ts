import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import type { Services } from '../services.ts'
import type { BrowserCookies } from './browser/browser-cookies.ts'
import type { HandshakeReplies } from './handshakes/handshake-replies.ts'

/** What the pages of one provider share. */
export interface ProviderContext {
  provider: Provider
  services: Services
  cookies: BrowserCookies
  replies: HandshakeReplies
}

/** Sends the first page of a pending handshake. */
export type ShowStart = (
  request: FastifyRequest, reply: FastifyReply, handshake: Handshake
) => FastifyReply | Promise<FastifyReply>

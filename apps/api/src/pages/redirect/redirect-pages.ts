import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Grant, Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import type { BrowserCookies } from '../browser/browser-cookies.ts'
import type { Endings } from '../endings.ts'
import type { ShowStart } from '../provider-pages.ts'
import { addCallback } from './callback-page.ts'
import { addConfirm } from './start-page.ts'
import { createOAuth1Way } from '../../handshakes/redirect/oauth1-flow.ts'
import { createOAuth2Way } from '../../handshakes/redirect/oauth2-flow.ts'

/** What differs between the protocols that lead a browser to the provider and back. */
export interface RedirectWay {
  /**
   * Where to send the browser that has just confirmed, when `state` was given to it; undefined when the handshake was over, or
   * confirmed again, meanwhile. Throws HandshakeFailure.
   */
  begin: (request: FastifyRequest, reply: FastifyReply, handshake: Handshake, state: string) => Promise<string | undefined>
  /** Whether the provider's answer says which handshake it is for. Where it does not, the user is asked whose account it is. */
  isMarked: boolean
  /** The handshake that the provider's answer is for. `secrets` are those of the browser that brings it. */
  match: (request: FastifyRequest, secrets: string[]) => Promise<Match | 'unknownState' | 'noCookie' | 'ambiguousAnswer'>
  /** What the answer to a claimed handshake is worth. Throws HandshakeFailure. */
  obtain: (request: FastifyRequest, handshake: Handshake) => Promise<Grant>
}

/** `answer` identifies an answer that carries no state, so that it is used once. */
export interface Match {
  handshake: Handshake
  answer?: string | undefined
}

/** The way in through the browser: `/start` and `/callback`. */
export async function addRedirect (
  scope: FastifyInstance, provider: Provider, browser: BrowserCookies, services: Services, endings: Endings
): Promise<ShowStart> {
  const way = await createWay(scope, provider, services)
  addCallback(scope, provider, way, browser, services, endings)
  return addConfirm(scope, provider, way, browser, services, endings)
}

async function createWay (scope: FastifyInstance, provider: Provider, services: Services): Promise<RedirectWay> {
  const { code, verifier } = provider.handshakes
  if (code !== undefined) return await createOAuth2Way(scope, provider, code, services)
  if (verifier !== undefined) return createOAuth1Way(provider, verifier, services)
  throw new TypeError(`${provider.id} has no way in through the browser`)
}

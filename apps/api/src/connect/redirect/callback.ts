import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { claimHandshake, completeHandshake, failHandshake, findHandshakeByState, isBrowserOf } from '@carillon/shared/connections'
import type { Handshake } from '@carillon/shared/connections'
import { publicId } from '@carillon/shared/db'
import type { CodeHandshake, Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import { withOutcome } from '../addresses.ts'
import type { BrowserCookie } from '../browser-cookie.ts'
import { HandshakeFailure } from '../handshake-failure.ts'
import { keepConnections } from '../keep-connections.ts'
import { sendFailure, sendSuccess } from '../outcome-pages.ts'
import type { Reason } from '../reasons.ts'
import { welcome } from '../welcome.ts'
import { obtainGrant } from './obtain-grant.ts'

/**
 * `/callback`: the provider's answer. It counts only in the browser that confirmed, and once. Whoever comes without that
 * browser's cookie changes nothing and is not sent to the site: the handshake stays open for the one it belongs to.
 */
export function addCallback (
  scope: FastifyInstance, provider: Provider, code: CodeHandshake, browser: BrowserCookie, services: Services
): void {
  const { database, log, now, site } = services

  // A HEAD would use the handshake up for an answer that nobody sees.
  scope.get('/callback', { schema: { hide: true }, exposeHeadRoute: false }, async (request, reply) => {
    const answer = readAnswer(request.query)
    const handshake = answer.state === undefined ? undefined : await findHandshakeByState(database, answer.state, now())
    if (answer.state === undefined || handshake?.provider !== provider.id) return sendFailure(reply, 'unknownState', { site, provider })
    const secret = browser.read(request)
    if (secret === undefined) return sendFailure(reply, 'noCookie', { site, provider })
    if (!isBrowserOf(handshake, secret)) return sendFailure(reply, 'foreignCookie', { site, provider })

    if (handshake.status === 'expired' && !handshake.claimed) return endFailed(reply, handshake, 'expired')
    // The first callback has told the site what came of it; a reload of the page must not say otherwise.
    if (!await claimHandshake(database, handshake.id, now())) {
      return sendFailure(reply, 'alreadyUsed', { site, provider, backTo: handshake.returnTo })
    }
    request.handshakeState = answer.state
    return await finish(request, reply, handshake, answer)
  })

  async function finish (
    request: FastifyRequest, reply: FastifyReply, handshake: Handshake, answer: Answer
  ): Promise<FastifyReply> {
    try {
      refuseErrors(answer)
      const grant = await obtainGrant(scope, request, code, services)
      const [connection] = await keepConnections(services, [{ userId: handshake.userId, provider: provider.id, grant }])
      if (connection === undefined) throw new Error('A saved connection did not come back')
      await completeHandshake(database, handshake.id, connection.id)
      log.info({ connectionId: publicId('connection', connection.id), provider: provider.id, reconnected: connection.reconnected }, 'connected')
      await welcome(services, provider, handshake.userId)
      return endConnected(reply, handshake, grant.account.name)
    } catch (error) {
      const reason = error instanceof HandshakeFailure ? error.reason : 'internal'
      const facts = { handshakeId: publicId('handshake', handshake.id), provider: provider.id, reason }
      if (error instanceof HandshakeFailure) log.info({ ...facts, detail: error.message }, 'handshake failed')
      else log.error({ ...facts, err: error }, 'handshake failed')
      await failHandshake(database, handshake.id, reason)
      return endFailed(reply, handshake, reason)
    }
  }

  function endConnected (reply: FastifyReply, { returnTo }: Handshake, accountName: string): FastifyReply {
    if (returnTo === null) return sendSuccess(reply, { site, provider, accountName })
    return reply.redirect(withOutcome(returnTo, { carillon: 'connected', provider: provider.id }), 303)
  }

  function endFailed (reply: FastifyReply, { returnTo }: Handshake, reason: Reason): FastifyReply {
    if (returnTo === null) return sendFailure(reply, reason, { site, provider })
    return reply.redirect(withOutcome(returnTo, { carillon: 'failed', provider: provider.id, reason }), 303)
  }
}

interface Answer {
  state: string | undefined
  code: string | undefined
  error: string | undefined
}

function readAnswer (query: unknown): Answer {
  const parameters = new Map(Object.entries(typeof query === 'object' && query !== null ? query : {}))
  return { state: single(parameters.get('state')), code: single(parameters.get('code')), error: single(parameters.get('error')) }
}

/** A provider that sends our query back and a `state` of its own besides says the same thing twice. */
function single (value: unknown): string | undefined {
  const [first, ...others]: unknown[] = [value].flat()
  return typeof first === 'string' && first !== '' && others.every((other) => other === first) ? first : undefined
}

/** RFC 6749 §4.1.2.1. */
function refuseErrors ({ code, error }: Answer): void {
  if (error === 'access_denied') throw new HandshakeFailure('denied', 'the user did not allow it')
  if (error !== undefined) throw new HandshakeFailure('providerRefused', 'the provider answered the browser with an error')
  if (code === undefined) throw new HandshakeFailure('missingCode', 'the provider answered the browser without a code')
}

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { findHandshakeByState, findLatestHandshake, findMissingPermissions } from '@carillon/shared/connections'
import type { Handshake } from '@carillon/shared/connections'
import type { CodeHandshake, Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import { callbackUrl } from '../addresses.ts'
import { HandshakeFailure } from '../handshake-failure.ts'
import { addAuthorization, redirectUriOf, toAuthorizeUrl } from './authorization.ts'
import { obtainGrant } from './obtain-grant.ts'
import type { RedirectWay } from './redirect.ts'

/** OAuth 2's authorization code. The provider says how the answer is matched. */
export async function createOAuth2Way (
  scope: FastifyInstance, provider: Provider, code: CodeHandshake, services: Services
): Promise<RedirectWay> {
  const callback = callbackUrl(services.site, provider.id)
  await addAuthorization(scope, code, callback)
  return {
    begin: async (request, reply, handshake, state) => {
      request.handshakeState = state
      return await askingAgain(handshake, await scope.authorization.generateAuthorizationUri(request, reply))
    },
    match: code.correlation === 'cookie' ? matchCookie : matchState,
    obtain: async (request) => {
      const answer = readAnswer(request.query)
      refuseErrors(answer)
      const redirectUri = redirectUriOf(code, callback, answer.state ?? '')
      return await obtainGrant(code, { code: answer.code ?? '', redirectUri }, services)
    }
  }

  /** Some providers do not ask twice for what was declined once, unless they are told to. */
  async function askingAgain ({ userId, team }: Handshake, authorizeUrl: string): Promise<string> {
    if (code.askAgain === undefined) return toAuthorizeUrl(authorizeUrl)
    const missing = await findMissingPermissions(services.database, provider.id, team === null ? { userId } : { teamId: team.id })
    return toAuthorizeUrl(authorizeUrl, missing.length === 0 ? {} : code.askAgain)
  }

  async function matchState ({ query }: FastifyRequest) {
    const { state } = readAnswer(query)
    const handshake = state === undefined ? undefined : await findHandshakeByState(services.database, state, services.now())
    return handshake?.provider === provider.id ? handshake : 'unknownState'
  }

  /**
   * Nothing of ours comes back, so the answer is for what this browser has confirmed last. One that says neither yes nor no is
   * nobody's answer, and uses nothing up.
   */
  async function matchCookie ({ query }: FastifyRequest, browser: string | undefined) {
    const { code, error } = readAnswer(query)
    if (code === undefined && error === undefined) return 'unknownState'
    if (browser === undefined) return 'noCookie'
    return await findLatestHandshake(services.database, { browser, provider: provider.id }, services.now()) ?? 'unknownState'
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

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { findMissingPermissions } from '@carillon/shared/connections'
import { findHandshakeByState, listConfirmed } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { CodeHandshake, Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import { callbackUrl } from '../addresses.ts'
import { HandshakeFailure } from '../handshake-failure.ts'
import { addAuthorization, redirectUriOf, toAuthorizeUrl } from '../../pages/redirect/authorization.ts'
import { obtainGrant } from './obtain-grant.ts'
import type { RedirectWay } from '../../pages/redirect/redirect-pages.ts'

/** OAuth 2's authorization code. The provider says how the answer is matched. */
export async function createOAuth2Way (
  scope: FastifyInstance, provider: Provider, code: CodeHandshake, services: Services
): Promise<RedirectWay> {
  const { database, now } = services
  const callback = callbackUrl(services.site, provider.id)
  await addAuthorization(scope, code, callback)
  return {
    isMarked: code.correlation !== 'cookie',
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
    const missing = await findMissingPermissions(database, provider.id, team === null ? { userId } : { teamId: team.id })
    return toAuthorizeUrl(authorizeUrl, missing.length === 0 ? {} : code.askAgain)
  }

  async function matchState ({ query }: FastifyRequest) {
    const { state } = readAnswer(query)
    const handshake = state === undefined ? undefined : await findHandshakeByState(database, state, now())
    return handshake?.provider === provider.id ? { handshake } : 'unknownState'
  }

  /**
   * The answer carries nothing of ours, so it is for the one handshake that this browser has open here, and for none when there
   * are more. An answer that says neither yes nor no uses nothing up. A code that was used belongs to the handshake that used it.
   */
  async function matchCookie ({ query }: FastifyRequest, secrets: string[]): ReturnType<RedirectWay['match']> {
    const { code, error } = readAnswer(query)
    if (code === undefined && error === undefined) return 'unknownState'
    if (secrets.length === 0) return 'noCookie'
    const answer = code === undefined ? undefined : `${provider.id} ${code}`
    const known = answer === undefined ? undefined : await findHandshakeByState(database, answer, now())
    if (known !== undefined) return { handshake: known }
    const confirmed = await listConfirmed(database, { browsers: secrets, provider: provider.id }, now())
    const [open, ...others] = confirmed.filter(({ status, claimed, isObtained }) => status === 'pending' && !claimed && !isObtained)
    if (others.length > 0) return 'ambiguousAnswer'
    if (open !== undefined) return { handshake: open, answer }
    const [latest] = confirmed
    return latest === undefined || latest.status === 'completed' ? 'unknownState' : { handshake: latest }
  }
}

interface Answer {
  state: string | undefined
  code: string | undefined
  error: string | undefined
}

function readAnswer (query: unknown): Answer {
  const parameters = new Map(Object.entries(typeof query === 'object' && query !== null ? query : {}))
  const read = (name: string) => single(parameters.get(name))
  const code = read('code')
  return { state: read('state'), code, error: read('error') ?? (code === undefined ? unnamedError(read) : undefined) }
}

/** Facebook reports some errors without an `error`, which RFC 6749 requires. */
function unnamedError (read: (name: string) => string | undefined): string | undefined {
  if (read('error_reason') === 'user_denied') return 'access_denied'
  return ['error_code', 'error_message', 'error_reason', 'error_description'].map(read).find((text) => text !== undefined)
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

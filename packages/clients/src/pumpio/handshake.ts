import { ProviderError, toResult, withParameters } from '@carillon/http'
import type { HttpResponse } from '@carillon/http'
import type { PumpioContext } from './context.ts'
import type { Registration } from '../registrations.ts'
import type { PumpioHosts } from './account.ts'
import { discover, untrustedHostLimits } from './discovery.ts'
import { isSecretText, classifyToken, refusalOf } from './classify.ts'
import type { PumpioApplication } from './registration.ts'
import { obtainRegistration } from './registration.ts'
import type { PumpioSigner } from './signer.ts'

/** A token that has just been made, with the client it was made for. */
export interface FreshToken {
  host: string
  accessToken: string
  accessTokenSecret: string
  clientId: string
  clientSecret: string
}

interface Pending extends Registration {
  host: string
  accessTokenUrl: string
  requestToken: string
  requestSecret: string
}

/** The three legs of OAuth 1.0a at the host of the user's choice; `accept` makes a grant of the token they end with. */
export function createPumpioHandshake<Grant> (
  hosts: PumpioHosts, application: PumpioApplication, signer: PumpioSigner,
  accept: (token: FreshToken, call: PumpioContext) => Promise<Grant>
) {
  return { answer: { token: 'oauth_token', verifier: 'oauth_verifier' }, begin, complete }

  async function begin (account: string, callback: string | null, call: PumpioContext) {
    const { host } = hosts.parseAccount(account)
    const endpoints = await discover(hosts.originOf(host), call)
    const register = (stale?: Registration) => obtainRegistration(host, endpoints.registration, application, call, stale)
    let registration = await register()
    let answer = await requestToken(endpoints.requestToken, callback, registration, call)
    if (refusalOf(answer) === 'consumer') {
      registration = await register(registration)
      answer = await requestToken(endpoints.requestToken, callback, registration, call)
    }
    const { token, secret, confirmed } = toResult(answer, classifyToken, host, call.now())
    // RFC 5849 §2.1: without it the host speaks the version of OAuth in which sessions could be fixed.
    if (!confirmed) throw new ProviderError({ kind: 'malformed', reason: 'host does not confirm the callback' }, host)

    const pending = {
      host,
      accessTokenUrl: endpoints.accessToken,
      requestToken: token,
      requestSecret: secret,
      clientId: registration.clientId,
      clientSecret: registration.clientSecret
    } satisfies Pending
    return { authorizeUrl: withParameters(endpoints.authorize, { oauth_token: token }), token, pending }
  }

  function requestToken (url: string, callback: string | null, keys: Registration, call: PumpioContext): Promise<HttpResponse> {
    return signer.request({ method: 'POST', url, ...untrustedHostLimits }, keys, call, { oauth_callback: callback ?? 'oob' })
  }

  async function complete (value: Record<string, unknown>, verifier: string, call: PumpioContext): Promise<Grant> {
    const { host, accessTokenUrl, requestToken, requestSecret, clientId, clientSecret } = parsePending(value)
    // Read off a page and pasted: with a blank or two around it, or something else altogether.
    const pasted = verifier.trim()
    if (!isSecretText(pasted)) throw new ProviderError({ kind: 'rejected', reason: 'not a verifier' }, host)
    const keys = { clientId, clientSecret, token: requestToken, tokenSecret: requestSecret }
    const answer = await signer.request({ method: 'POST', url: accessTokenUrl, ...untrustedHostLimits }, keys, call, { oauth_verifier: pasted })
    const { token, secret } = toResult(answer, classifyToken, host, call.now())
    return await accept({ host, accessToken: token, accessTokenSecret: secret, clientId, clientSecret }, call)
  }
}

function parsePending (value: Record<string, unknown>): Pending {
  const { host, accessTokenUrl, requestToken, requestSecret, clientId, clientSecret } = value
  const texts = [host, accessTokenUrl, requestToken, requestSecret, clientId, clientSecret]
  if (!texts.every((text) => typeof text === 'string')) {
    throw new ProviderError({ kind: 'malformed', reason: 'not a handshake of ours' }, 'pump.io')
  }
  return value as unknown as Pending
}

import { ProviderError, toResult, withParameters } from '@carillon/http'
import type { HttpResponse } from '@carillon/http'
import type { PumpioContext } from '../context.ts'
import type { Registration } from '../../registrations.ts'
import type { PumpioHosts } from '../account.ts'
import { discover, untrustedHostLimits } from './discovery.ts'
import { isSecretText, classifyToken, refusalOf } from '../classify.ts'
import type { PumpioApplication } from './registration.ts'
import { obtainRegistration } from './registration.ts'
import type { PumpioSigner } from './signer.ts'

/** A new token, with its OAuth client. */
export interface NewToken {
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

/** The three legs of OAuth 1.0a at a user-chosen host. `accept` converts the final token to a grant. */
export function createPumpioHandshake<Grant> (
  hosts: PumpioHosts, application: PumpioApplication, signer: PumpioSigner,
  accept: (token: NewToken, context: PumpioContext) => Promise<Grant>
) {
  return { callbackParameters: { token: 'oauth_token', verifier: 'oauth_verifier' }, begin, complete }

  async function begin (account: string, callback: string | null, context: PumpioContext) {
    const { host } = hosts.parseAccount(account)
    const endpoints = await discover(hosts.originOf(host), context)
    const register = (stale?: Registration) => obtainRegistration(host, endpoints.registration, application, context, stale)
    let registration = await register()
    let response = await requestToken(endpoints.requestToken, callback, registration, context)
    if (refusalOf(response) === 'consumer') {
      registration = await register(registration)
      response = await requestToken(endpoints.requestToken, callback, registration, context)
    }
    const { token, secret, confirmed } = toResult(response, classifyToken, host, context.now())
    // RFC 5849 §2.1: without the confirmation, the host implements the OAuth version that allows session fixation.
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

  function requestToken (
    url: string, callback: string | null, keys: Registration, context: PumpioContext
  ): Promise<HttpResponse> {
    return signer.request({ method: 'POST', url, ...untrustedHostLimits }, keys, context, { oauth_callback: callback ?? 'oob' })
  }

  async function complete (value: Record<string, unknown>, verifier: string, context: PumpioContext): Promise<Grant> {
    const { host, accessTokenUrl, requestToken, requestSecret, clientId, clientSecret } = parsePending(value)
    // The user copies the verifier from a page, so it may have spaces around it or be another text.
    const pasted = verifier.trim()
    if (!isSecretText(pasted)) throw new ProviderError({ kind: 'rejected', reason: 'not a verifier' }, host)
    const keys = { clientId, clientSecret, token: requestToken, tokenSecret: requestSecret }
    const response = await signer.request({ method: 'POST', url: accessTokenUrl, ...untrustedHostLimits }, keys, context, { oauth_verifier: pasted })
    const { token, secret } = toResult(response, classifyToken, host, context.now())
    return await accept({ host, accessToken: token, accessTokenSecret: secret, clientId, clientSecret }, context)
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

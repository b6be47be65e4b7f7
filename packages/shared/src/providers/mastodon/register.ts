import { isToken, isUserHost, parseTokenBody, readTokenResponse, requestToken, sendRequest, tokenErrorOf } from '@carillon/http'
import type { Classification, HttpResponse } from '@carillon/http'
import type { Registration } from '@carillon/clients'
import { classifyTokenRefusal } from '../oauth2/exchange-code.ts'
import type { TokenClient } from '../oauth2/refresh-tokens.ts'
import type { RequestContext } from '../request-context.ts'
import { classify } from './classify.ts'
import { untrustedHostLimits } from './find-server.ts'

/** The data of a registration. Mastodon binds it to its redirect URIs and scopes. */
export interface Application {
  clientName: string
  redirectUri: string
  /** Separated by spaces. */
  scope: string
}

/** The registration at the server of `origin` that it knows now: the stored one, or a new one. */
export async function obtainRegistration (
  origin: string, application: Application, context: RequestContext
): Promise<Registration> {
  const { redirectUri, scope } = application
  const key = [new URL(origin).host, redirectUri, scope].join(' ')
  let isNew = false
  const register = async (): Promise<Registration> => {
    isNew = true
    return await registerAt(origin, application, context)
  }
  const held = await context.registrations.obtain('mastodon', key, register)
  // Servers delete unused applications. The user would meet an error page there, so the server is asked first.
  if (isNew || await isKnown(origin, held, context)) return held
  return await context.registrations.obtain('mastodon', key, register, held)
}

/** The client and the token endpoint, for requests with a token of this registration. */
export function tokenClientOf (origin: string, { clientId, clientSecret }: Registration): TokenClient {
  const tokenUrl = `${origin}/oauth/token`
  return { clientId, clientSecret, tokenUrl, tokenRequest: { credentials: 'body', format: 'form' }, isGuarded: isUserHost(tokenUrl), isRegistered: true }
}

/** Requests a token of the application itself. Only an `invalid_client` says that the server forgot the registration. */
async function isKnown (origin: string, registration: Registration, context: RequestContext): Promise<boolean> {
  const { tokenUrl: url, tokenRequest, ...client } = tokenClientOf(origin, registration)
  return await requestToken({ url, ...client, ...tokenRequest }, { grant_type: 'client_credentials' }, (response, now) => {
    if (tokenErrorOf(response) === 'invalid_client') return { kind: 'ok', value: false }
    if (readTokenResponse(parseTokenBody(response)) !== undefined) return { kind: 'ok', value: true }
    const refusal = classifyTokenRefusal(response, now, { isRegistered: true })
    return refusal.kind === 'rejected' ? { kind: 'ok', value: true } : refusal
  }, context)
}

async function registerAt (
  origin: string, { clientName, redirectUri, scope }: Application, context: RequestContext
): Promise<Registration> {
  const url = `${origin}/api/v1/apps`
  // GoToSocial takes neither a list of redirect URIs nor one in JSON.
  const body = new URLSearchParams({ client_name: clientName, redirect_uris: redirectUri, scopes: scope }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
  return await sendRequest({ method: 'POST', url, isGuarded: isUserHost(url), headers, body, ...untrustedHostLimits }, classifyRegistration, context)
}

function classifyRegistration (response: HttpResponse, now: number): Classification<Registration> {
  const classified = classify(response, now, ['client_id', 'client_secret'])
  // No token exists yet that a refusal could concern. Any refusal means that this host does not register clients.
  const isRefused = response.status >= 400 && response.status < 500
  if (isRefused && classified.kind !== 'rateLimited' && ![408, 418, 425].includes(response.status)) {
    return { kind: 'rejected', reason: 'host registers no clients' }
  }
  if (classified.kind !== 'ok') return classified
  const { client_id: clientId, client_secret: clientSecret } = classified.value
  if (!isToken(clientId) || !isToken(clientSecret)) return { kind: 'malformed', reason: 'response lacks a usable client' }
  return { kind: 'ok', value: { clientId, clientSecret } }
}

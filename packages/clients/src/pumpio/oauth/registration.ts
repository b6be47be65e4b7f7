import type { Classification, HttpResponse } from '@carillon/http'
import { isUserHost, sendRequest } from '@carillon/http'
import type { PumpioContext } from '../context.ts'
import type { Registration } from '../../registrations.ts'
import { untrustedHostLimits } from './discovery.ts'
import { isSecretText, classify } from '../classify.ts'

/** The application's data in a registration. Hosts may show it to users who are granting access. */
export interface PumpioApplication {
  name: string
  /** E-mail addresses of the operators. */
  contacts?: readonly string[]
  /** Absolute URLs. Hosts store them without verifying redirects. */
  redirectUris?: readonly string[]
  logoUrl?: string
}

/** The stored registration at `host`, or a new one if there is none, or if it has expired or is `stale`. */
export async function obtainRegistration (
  host: string, url: string, application: PumpioApplication, context: PumpioContext, stale?: Registration
): Promise<Registration> {
  const register = () => registerAt(url, application, context)
  const held = await context.registrations.obtain('pumpio', host, register, stale)
  const isOver = held.expiresAt !== undefined && held.expiresAt <= context.now()
  return isOver ? await context.registrations.obtain('pumpio', host, register, held) : held
}

async function registerAt (
  url: string, { name, contacts = [], redirectUris = [], logoUrl }: PumpioApplication, context: PumpioContext
) {
  // Host names without a dot make pump.io refuse the whole registration. It does not verify redirects, so they can be omitted.
  const uris = redirectUris.filter((uri) => URL.canParse(uri) && new URL(uri).hostname.includes('.'))
  const body = JSON.stringify({
    type: 'client_associate',
    application_type: redirectUris.length > 0 ? 'web' : 'native',
    application_name: name,
    // Lists are texts separated by spaces.
    ...contacts.length > 0 && { contacts: contacts.join(' ') },
    ...uris.length > 0 && { redirect_uris: uris.join(' ') },
    ...logoUrl !== undefined && { logo_url: logoUrl }
  })
  const headers = { 'content-type': 'application/json', accept: '*/*' }
  return await sendRequest({ method: 'POST', url, isGuarded: isUserHost(url), headers, body, ...untrustedHostLimits }, classifyRegistration, context)
}

function classifyRegistration (response: HttpResponse, now: number): Classification<Registration> {
  const classified = classify(response, now, ['client_id', 'client_secret'])
  // No token exists yet that a refusal could concern. Any refusal means that this host does not register clients.
  const isRefused = response.status >= 400 && response.status < 500
  if (isRefused && classified.kind !== 'rateLimited' && ![408, 425].includes(response.status)) {
    return { kind: 'rejected', reason: 'host registers no clients' }
  }
  if (classified.kind !== 'ok') return classified
  const { client_id: clientId, client_secret: clientSecret, expires_at: expiresAt } = classified.value
  if (!isSecretText(clientId) || !isSecretText(clientSecret)) return { kind: 'malformed', reason: 'response lacks a usable client' }
  // In seconds. 0 means that it never expires.
  const ends = typeof expiresAt === 'number' && expiresAt > 0 ? { expiresAt: expiresAt * 1_000 } : {}
  return { kind: 'ok', value: { clientId, clientSecret, ...ends } }
}

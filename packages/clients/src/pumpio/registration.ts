import type { Classification, HttpResponse } from '@carillon/http'
import { sendRequest } from '@carillon/http'
import type { PumpioContext } from './context.ts'
import type { Registration } from '../registrations.ts'
import { isUserHost } from './account.ts'
import { untrustedHostLimits } from './discovery.ts'
import { isSecretText, classify } from './classify.ts'

/** What hosts are told about us, and may show to whoever is asked to allow access. */
export interface PumpioApplication {
  name: string
  /** E-mail addresses of whoever runs this. */
  contacts?: readonly string[]
  /** Absolute URLs. Hosts keep them and compare them with nothing. */
  redirectUris?: readonly string[]
  logoUrl?: string
}

/** The registration we have at `host`, or a new one when there is none, when its time is over or when it is `stale`. */
export async function obtainRegistration (
  host: string, url: string, application: PumpioApplication, call: PumpioContext, stale?: Registration
): Promise<Registration> {
  const register = () => registerAt(url, application, call)
  const held = await call.registrations.obtain('pumpio', host, register, stale)
  const isOver = held.expiresAt !== undefined && held.expiresAt <= call.now()
  return isOver ? await call.registrations.obtain('pumpio', host, register, held) : held
}

async function registerAt (
  url: string, { name, contacts = [], redirectUris = [], logoUrl }: PumpioApplication, call: PumpioContext
) {
  // Names without a dot make pump.io refuse the whole registration. It compares redirects with nothing, so none are missed.
  const uris = redirectUris.filter((uri) => URL.canParse(uri) && new URL(uri).hostname.includes('.'))
  const body = JSON.stringify({
    type: 'client_associate',
    application_type: redirectUris.length > 0 ? 'web' : 'native',
    application_name: name,
    // One text each, parted by spaces.
    ...contacts.length > 0 && { contacts: contacts.join(' ') },
    ...uris.length > 0 && { redirect_uris: uris.join(' ') },
    ...logoUrl !== undefined && { logo_url: logoUrl }
  })
  const headers = { 'content-type': 'application/json', accept: '*/*' }
  return await sendRequest({ method: 'POST', url, isGuarded: isUserHost(url), headers, body, ...untrustedHostLimits }, classifyRegistration, call)
}

function classifyRegistration (answer: HttpResponse, now: number): Classification<Registration> {
  const judgement = classify(answer, now, ['client_id', 'client_secret'])
  // The user has not logged in yet, so no refusal is about a token. Whatever refuses, this is not a host that registers clients.
  const isRefused = answer.status >= 400 && answer.status < 500
  if (isRefused && judgement.kind !== 'rateLimited' && ![408, 425].includes(answer.status)) {
    return { kind: 'rejected', reason: 'host registers no clients' }
  }
  if (judgement.kind !== 'ok') return judgement
  const { client_id: clientId, client_secret: clientSecret, expires_at: expiresAt } = judgement.value
  if (!isSecretText(clientId) || !isSecretText(clientSecret)) return { kind: 'malformed', reason: 'answer lacks a usable client' }
  // Seconds; 0 is never.
  const ends = typeof expiresAt === 'number' && expiresAt > 0 ? { expiresAt: expiresAt * 1_000 } : {}
  return { kind: 'ok', value: { clientId, clientSecret, ...ends } }
}

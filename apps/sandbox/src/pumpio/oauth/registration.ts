import type { FastifyInstance } from 'fastify'
import validator from 'validator'
import { fieldsOf } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { HttpError, noSuchThing } from '../http/http-error.ts'
import type { ClientProfile, Clients } from './clients.ts'

/** Registration needs no authentication, and accepts JSON or a form. Every host has its own registrations. */
export function registrationRoutes (app: FastifyInstance, clients: Clients): void {
  app.post('/api/client/register', async (request) => {
    const fields = fieldsOf(request.body)
    const profile = readProfile(fields)
    const client = fields['type'] === 'client_associate' ? clients.register(profile) : update(fields, profile)
    // pump.io always sends 0, and never expires a client.
    return { client_id: client.id, client_secret: client.secret, expires_at: 0 }
  })

  function update (fields: Fields, profile: ClientProfile): { id: string, secret: string } {
    if (fields['type'] !== 'client_update') throw new HttpError(400, 'Invalid registration type')
    const client = clients.get(String(fields['client_id']))
    // Not an HttpError: pump.io sends the framework's page with 500.
    if (client === undefined) throw new Error(noSuchThing('client', String(fields['client_id'])))
    if (client.secret !== fields['client_secret']) throw new HttpError(403, 'Unauthorized')
    return Object.assign(client, profile)
  }
}

/** In pump.io's order, since it reports only the first error. */
function readProfile (fields: Fields): ClientProfile {
  const { type, contacts, application_type: applicationType, application_name: name } = fields
  const { logo_url: logoUrl, redirect_uris: redirectUris } = fields
  if (type === undefined) throw new HttpError(400, 'No registration type provided')
  if (fields['client_id'] !== undefined && type !== 'client_update') throw new HttpError(400, 'Only set client_id for update.')
  if (fields['access_token'] !== undefined) throw new HttpError(400, 'access_token not needed for registration.')
  if (fields['client_secret'] !== undefined && type !== 'client_update') {
    throw new HttpError(400, 'Only set client_secret for update.')
  }
  return {
    ...(contacts !== undefined && { contacts: readContacts(contacts) }),
    ...(applicationType !== undefined && { type: readType(applicationType) }),
    ...(name !== undefined && { title: String(name) }),
    ...(logoUrl !== undefined && { logoUrl: readLogo(logoUrl) }),
    ...(redirectUris !== undefined && { redirectUris: readRedirects(redirectUris) })
  }
}

function readContacts (contacts: unknown): string[] {
  if (typeof contacts !== 'string') throw new HttpError(400, 'contacts must be a string of space-separated email addresses.')
  const addresses = contacts.split(' ')
  if (addresses.every((address) => validator.isEmail(address))) return addresses
  throw new HttpError(400, 'contacts must be space-separate email addresses.')
}

function readType (type: unknown): 'web' | 'native' {
  if (type === 'web' || type === 'native') return type
  throw new HttpError(400, 'Unknown application_type.')
}

function readLogo (url: unknown): string {
  // The validator throws a TypeError for anything but text, which is a 500.
  if (validator.isURL(url as string)) return url as string
  throw new HttpError(400, 'Invalid logo_url.')
}

/** One string of URLs. The validator requires a top-level domain or a numeric address, so it refuses `localhost`. */
function readRedirects (redirectUris: unknown): string[] {
  if (typeof redirectUris !== 'string') throw new TypeError('params.redirect_uris.split is not a function')
  const uris = redirectUris.split(' ')
  // The validator accepts two URLs without a space as one.
  const isGlued = uris.length === 1 && (redirectUris.match(/https?:/g) ?? []).length > 1
  if (!isGlued && uris.every((uri) => validator.isURL(uri))) return uris
  throw new HttpError(400, 'redirect_uris must be space-separated URLs.')
}

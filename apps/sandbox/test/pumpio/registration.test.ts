import t from 'tap'
import { openTestPump } from './open-test-pump.ts'

const pump = await openTestPump(t)
const register = (fields: object): ReturnType<typeof pump.call> => pump.call('/api/client/register', { method: 'POST', body: fields })

t.test('registers a client, which never expires', async (t) => {
  const { status, type, json } = await register({
    type: 'client_associate',
    contacts: 'one@example.com two@example.com',
    application_type: 'web',
    application_name: 'Somebody',
    logo_url: 'https://example.com/logo.png',
    redirect_uris: 'https://example.com/callback http://127.0.0.1:4000/connect/pumpio/callback'
  })
  t.equal(status, 200)
  t.equal(type, 'application/json; charset=utf-8')
  t.match(json, { client_id: /^[\w-]{22}$/, client_secret: /^[\w-]{43}$/, expires_at: 0 })
})

t.test('accepts a form too, and ignores unknown fields', async (t) => {
  const { status } = await pump.call('/api/client/register', {
    method: 'POST',
    body: 'type=client_associate&redirect_uri=nonsense',
    headers: { 'content-type': 'application/x-www-form-urlencoded' }
  })
  t.equal(status, 200)
})

t.test('reports the first error', async (t) => {
  const faults: Array<[object, string]> = [
    [{}, 'No registration type provided'],
    [{ type: 'client_associate', client_id: 'x', access_token: 'y' }, 'Only set client_id for update.'],
    [{ type: 'client_update', access_token: 'x' }, 'access_token not needed for registration.'],
    [{ type: 'client_associate', client_secret: 'x' }, 'Only set client_secret for update.'],
    [{ type: 'client_associate', contacts: ['a@example.com'] }, 'contacts must be a string of space-separated email addresses.'],
    [{ type: 'client_associate', contacts: 'a@example.com, b@example.com' }, 'contacts must be space-separate email addresses.'],
    [{ type: 'client_associate', application_type: 'desktop' }, 'Unknown application_type.'],
    [{ type: 'client_associate', logo_url: 'logo' }, 'Invalid logo_url.'],
    [{ type: 'client_associate', redirect_uris: 'https://example.com/a,b c' }, 'redirect_uris must be space-separated URLs.'],
    [{ type: 'client_associate', redirect_uris: 'http://localhost:4000/callback' }, 'redirect_uris must be space-separated URLs.'],
    [{ type: 'client_associate', redirect_uris: 'https://example.com/ahttps://example.com/b' }, 'redirect_uris must be space-separated URLs.'],
    [{ type: 'client_disassociate' }, 'Invalid registration type']
  ]
  for (const [fields, error] of faults) t.match(await register(fields), { status: 400, json: { error } }, error)
})

t.test('fails at redirect_uris as a list', async (t) => {
  const { status, type, text } = await register({ type: 'client_associate', redirect_uris: ['https://example.com'] })
  t.equal(status, 500)
  t.equal(type, 'text/html; charset=utf-8')
  t.match(text, '<pre>Internal Server Error</pre>')
})

t.test('updates a client with its secret, and keeps its keys', async (t) => {
  const { clientId, clientSecret } = await pump.register()
  const update = { type: 'client_update', client_id: clientId, client_secret: clientSecret, application_name: 'Renamed' }
  t.match(await register(update), { status: 200, json: { client_id: clientId, client_secret: clientSecret, expires_at: 0 } })
  t.match(await register({ ...update, client_secret: 'wrong' }), { status: 403, json: { error: 'Unauthorized' } })
  t.match(await register({ ...update, client_id: 'nobody' }), { status: 500, type: /^text\/html/ })
})

t.test('sends a page for a body that is not JSON', async (t) => {
  const { status, type, text } = await pump.call('/api/client/register', {
    method: 'POST', body: '{"type":', headers: { 'content-type': 'application/json' }
  })
  t.match({ status, type, text }, { status: 400, type: /^text\/html/, text: '<pre>Bad Request</pre>' })
})

import t from 'tap'
import { openTestFacebook, proofOf, refusal } from './open-test-facebook.ts'

const facebook = await openTestFacebook(t)

t.test('accepts the token as a parameter, and in the header with two schemes', async (t) => {
  const { accessToken, userId } = await facebook.member()
  const me = { status: 200, json: { id: userId } }
  t.match(await facebook.graph('GET /me', { access_token: accessToken }), me)
  for (const scheme of ['Bearer', 'OAuth']) t.match(await facebook.graph('GET /me', {}, { headers: { authorization: `${scheme} ${accessToken}` } }), me)
  t.match(await facebook.graph('GET /me'), refusal(2500))
  t.match(await facebook.graph('GET /me', { access_token: 'nonsense' }), refusal(190))
})

t.test('refuses a wrong proof, and a missing one if the app requires it', async (t) => {
  const { accessToken } = await facebook.member()
  const ask = async (query: Record<string, string> = {}) => await facebook.graph('GET /me', { access_token: accessToken, ...query })
  const wrong = { status: 400, json: { error: { message: 'Invalid appsecret_proof provided in the API argument', type: 'GraphMethodException', code: 100 } } }
  t.match(await ask({ appsecret_proof: proofOf(accessToken) }), { status: 200 })
  t.match(await ask({ appsecret_proof: proofOf(accessToken, '1700000000'), appsecret_time: '1700000000' }), { status: 200 })
  t.match(await ask({ appsecret_proof: proofOf('another') }), wrong)
  t.match(await ask({ appsecret_proof: proofOf(accessToken), appsecret_time: '1700000000' }), wrong)
  t.match(await ask(), { status: 200 })

  await facebook.control('/quirks', { provider: 'facebook', quirk: 'ignoresMissingProof', on: false })
  t.match(await ask(), { status: 400, json: { error: { message: 'API calls from the server require an appsecret_proof argument', code: 100 } } })
  t.match(await ask({ appsecret_proof: proofOf(accessToken) }), { status: 200 })
  await facebook.control('/quirks', { provider: 'facebook', quirk: 'ignoresMissingProof', on: true })
})

t.test('ends access to data ninety days after the consent, for a valid token too', async (t) => {
  const { accessToken, get } = await facebook.member()
  await facebook.advance(50 * 86_400)
  const { json } = await facebook.token({ grant_type: 'fb_exchange_token', fb_exchange_token: accessToken })
  await facebook.advance(41 * 86_400)
  t.match(await get('/me'), refusal(190, { subcode: 463 }))
  t.match(await facebook.graph('GET /me', { access_token: String(json['access_token']) }), refusal(190, { subcode: 493 }))
  t.match(await facebook.debug(String(json['access_token'])), { is_valid: true })
})

t.test('responds to an unknown version with the oldest supported one, and without a version with the newest', async (t) => {
  const { accessToken } = await facebook.member()
  const versionOf = async (path: string) => (await facebook.graph(`GET ${path}`, { access_token: accessToken })).headers.get('facebook-api-version')
  t.same([await versionOf('/me'), await versionOf('/v25.0/me')], ['v26.0', 'v25.0'])
  const oldest = await versionOf('/v2.3/me')
  t.match(oldest, /^v2\d\.0$/)
  t.not(oldest, 'v26.0')
  t.equal(await versionOf('/v99.0/me'), oldest)
})

t.test('lists permissions, and removes one or all', async (t) => {
  const { accessToken, userId, get } = await facebook.member()
  const take = async (path: string, query: Record<string, string> = {}) => await facebook.graph(`DELETE ${path}`, { access_token: accessToken, ...query })
  t.match((await get(`/${userId}/permissions`)).json, { data: [{ permission: 'public_profile', status: 'granted' }, { permission: 'ads_read', status: 'granted' }] })
  t.match(await take('/me/permissions/ads_read'), { status: 200, json: { success: true } })
  t.match((await get('/me/permissions')).json, { data: [{}, { permission: 'ads_read', status: 'declined' }] })
  t.match(await get('/me/adaccounts'), refusal(200))
  t.match(await take('/me/permissions', { permission: 'public_profile' }), refusal(100))
  t.match(await take('/me/permissions/world_peace'), refusal(100))
  t.match(await take('/999/permissions'), refusal(100, { subcode: 33 }))
  t.match(await take(`/${userId}/permissions`), { status: 200, json: { success: true } })
  t.match(await get('/me'), refusal(190, { subcode: 458 }))
})

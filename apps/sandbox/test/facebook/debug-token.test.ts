import t from 'tap'
import { APP, openTestFacebook, refusal } from './open-test-facebook.ts'

const facebook = await openTestFacebook(t)

t.test('describes a token to the app', async (t) => {
  const { accessToken, userId } = await facebook.member()
  const facts = await facebook.debug(accessToken)
  t.match(facts, {
    app_id: APP.id, type: 'USER', application: 'Carillon', is_valid: true, user_id: userId, scopes: ['public_profile', 'ads_read'], granular_scopes: [{ scope: 'public_profile' }, {}]
  })
  t.equal(Number(facts['expires_at']) - Number(facts['issued_at']), 5_183_944)
  t.equal(Number(facts['data_access_expires_at']) - Number(facts['issued_at']), 90 * 86_400)
  const short = String((await facebook.redeemCode(await facebook.code())).json['access_token'])
  t.notMatch(Object.keys(await facebook.debug(short)), ['issued_at'])
})

t.test('says with 200 why a token is invalid', async (t) => {
  for (const [subcode, end] of [
    [463, async (account: string) => await facebook.control('/tokens/expire', { provider: 'facebook', account })],
    [458, async (account: string) => await facebook.control('/tokens/revoke', { provider: 'facebook', account })]
  ] as const) {
    const { account, accessToken } = await facebook.member()
    await end(account)
    t.match(await facebook.debug(accessToken), { is_valid: false, scopes: [], error: { code: 190, subcode, message: String } })
  }
  t.match(await facebook.debug('nonsense'), { is_valid: false, error: { code: 190 } })
})

t.test('requires a token of the app', async (t) => {
  const { accessToken } = await facebook.member()
  for (const asking of [accessToken, `${APP.id}|wrong`, '']) {
    t.match(await facebook.graph('GET /debug_token', { input_token: accessToken, access_token: asking }), refusal(100))
  }
})

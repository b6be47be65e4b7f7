import t from 'tap'
import { openTestFacebook, refusal } from './open-test-facebook.ts'

const facebook = await openTestFacebook(t)

t.test('creates accounts that have allowed the app', async (t) => {
  const { json: { data } } = await facebook.control('/accounts', { provider: 'facebook', count: 3 })
  const made = data as Array<{ account: string, userId: string }>
  t.equal(new Set(made.map(({ userId }) => userId)).size, 3)
  t.match(made[0], { account: String, accessToken: /^EAA/, expiresIn: 5_183_944, userId: /^[1-9]\d{15}$/, adAccounts: [/^act_\d+$/, /^act_\d+$/] })
})

t.test('expires and revokes the tokens of one account or of all', async (t) => {
  const [one, two] = [await facebook.member(), await facebook.member()]
  await facebook.control('/tokens/expire', { provider: 'facebook', account: one.account })
  t.match(await one.get('/me'), refusal(190, { subcode: 463, message: /Session has expired on \w+, \d\d-\w+-\d\d .* The current time is / }))
  t.match(await two.get('/me'), { status: 200 })
  await facebook.control('/tokens/revoke', { provider: 'facebook' })
  t.match(await two.get('/me'), refusal(190, { subcode: 458 }))
})

t.test('gives a person more ad accounts, or none', async (t) => {
  const { account, get } = await facebook.member()
  const { json } = await facebook.control('/facebook/ad-accounts', { account, count: 30 })
  t.equal((json['data'] as string[]).length, 30)
  const first = await get('/me/adaccounts')
  t.equal((first.json['data'] as object[]).length, 25)
  t.match(first.json, { paging: { next: String } })
  await facebook.control('/facebook/ad-accounts', { account, count: 0 })
  t.same((await get('/me/adaccounts')).json, { data: [] })
  t.match(await facebook.control('/facebook/ad-accounts', { account: 'nobody', count: 1 }), { status: 400 })
})

t.test('adds allowing, reading and removing to the inbox, without tokens', async (t) => {
  const { json } = await facebook.redeemCode(await facebook.code({ account: 'ben' }))
  const token = String(json['access_token'])
  const { json: { data: [{ id }] } } = await facebook.graph('GET /me/adaccounts', { access_token: token }) as unknown as { json: { data: [{ id: string }] } }
  await facebook.graph(`GET /${id}/insights`, { access_token: token })
  await facebook.graph('DELETE /me/permissions', { access_token: token })
  const { json: { data }, text } = await facebook.control('/inbox?provider=facebook&account=ben')
  t.match((data as Array<{ item: object }>).map(({ item }) => item), [
    { type: 'granted', permissions: ['public_profile', 'ads_read'] }, { type: 'insights', adAccount: id, rows: 1 }, { type: 'removed' }
  ])
  t.notMatch(text, token)
})

t.test('shows the events on the screen', async (t) => {
  const abort = new AbortController()
  t.teardown(() => abort.abort())
  const events = await fetch(`${facebook.url}/screen/events`, { signal: abort.signal })
  const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader()
  const until = async (pattern: RegExp): Promise<string> => {
    let text = ''
    while (!pattern.test(text)) text += (await reader?.read())?.value ?? ''
    return text
  }
  const { account, accessToken } = await facebook.member()
  await until(new RegExp(`"account":"${account}"`))
  await facebook.graph('DELETE /me/permissions', { access_token: accessToken })
  t.match(await until(/"arrived":\[\{/), 'removed')
})

t.test('deletes everything on reset', async (t) => {
  const { get } = await facebook.member()
  await facebook.control('/reset', {})
  t.match(await get('/me'), refusal(190))
})

import { createHmac } from 'node:crypto'
import { saveConnections } from '@carillon/shared/connections'
import { newId } from '@carillon/shared/db'
import { ensureUser } from '@carillon/shared/users'
import t from 'tap'
import { at, openTestApi, textAt } from '../open-api.ts'

const api = await openTestApi(t, { offer: ['facebook', 'pushbullet'] })
const key = await api.makeKey()

/** A user whose Facebook account has this id. Reconnecting keeps the connection's id. */
async function connect (user: string, accountId: string, provider = 'facebook'): Promise<string> {
  const { id: userId } = await ensureUser(api.database, { externalId: user })
  const grant = { credentials: { accessToken: `token-of-${user}` }, account: { id: accountId, name: `Name of ${user}` } }
  const [saved] = await saveConnections(api.database, api.services.vault, [{ userId, provider, grant }])
  return `con_${saved?.id}`
}

async function look (id: string) {
  return (await api.ask('GET', `/v1/connections/${id}`, { token: key })).body
}

async function tell (kind: 'deauthorize' | 'delete', signed: string) {
  return await api.ask('POST', `/connect/facebook/${kind}`, {
    body: new URLSearchParams({ signed_request: signed }).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' }
  })
}

function signedRequest (userId: string, issuedAt = Date.now(), secret = 'sandbox-secret'): string {
  const payload = Buffer.from(JSON.stringify({ algorithm: 'HMAC-SHA256', user_id: userId, issued_at: Math.floor(issuedAt / 1_000) })).toString('base64url')
  return `${createHmac('sha256', secret).update(payload).digest('base64url')}.${payload}`
}

t.test('closes the connections of a user who has removed the app, without a request to the provider', async (t) => {
  const [one, same, other, elsewhere] = [
    await connect('ann', '1001'), await connect('second-of-ann', '1001'), await connect('bob', '1002'), await connect('ann', '1001', 'pushbullet')
  ]
  const answer = await tell('deauthorize', signedRequest('1001'))
  t.match([answer.status, answer.body], [200, { success: true }])
  for (const id of [one, same]) {
    t.match(await look(id), {
      status: 'revoked',
      statusReason: 'removed at the provider',
      account: { id: '1001' },
      revocation: null,
      events: [{ event: 'connection.connected' }, { event: 'connection.disconnected', reason: 'removed at the provider' }]
    })
  }
  for (const id of [other, elsewhere]) t.match(await look(id), { status: 'active' })
})

t.test('skips only the waiting deliveries of the connections that it closes', async (t) => {
  const { sql } = api.database
  const [closed, other] = [await connect('dora', '1009'), await connect('erik', '1010')].map((id) => id.slice('con_'.length))
  const notificationId = newId()
  await sql`insert into notifications (id, origin, audience, message) values (${notificationId}, 'api', '{"userIds":[]}', '{"type":"note"}')`
  for (const connectionId of [closed, other]) {
    await sql`
      insert into deliveries (notification_id, connection_id, provider, state, due_at)
      values (${notificationId}, ${connectionId ?? ''}, 'facebook', 'queued', now() + interval '1 hour')`
  }
  t.equal((await tell('deauthorize', signedRequest('1009'))).status, 200)
  const stateOf = async (connectionId = '') => (await sql`
    select state, reason from deliveries where notification_id = ${notificationId} and connection_id = ${connectionId}`)[0]
  t.same(await stateOf(closed), { state: 'skipped', reason: 'disconnected' })
  t.same(await stateOf(other), { state: 'queued', reason: null })
})

t.test('counts a repeated notice once', async (t) => {
  const id = await connect('carl', '1003')
  const signed = signedRequest('1003')
  const [first, again] = await Promise.all([tell('delete', signed), tell('delete', signed)])
  const padded = await tell('delete', signed.replace('.', '=.'))
  t.same([first.status, again.status, padded.status], [200, 200, 200])
  t.same(first.body, again.body, 'the same notice gets the same response')
  t.same(first.body, padded.body, 'also with another encoding of the signature')
  t.match(await look(id), { status: 'revoked' })
  t.equal(Object(at(await look(id), 'events')).length, 2)

  await api.database.sql`update connection_events set at = at - interval '1 hour'`
  await connect('carl', '1003')
  await api.database.sql`update connection_events set at = at - interval '1 hour'`
  t.same((await tell('delete', signed)).body, first.body)
  t.match(await look(id), { status: 'active', account: { id: '1003' } }, 'it concerns the earlier connection')
})

t.test('keeps a connection that was connected after the notice was issued', async (t) => {
  const id = await connect('dora', '1004')
  t.equal((await tell('deauthorize', signedRequest('1004', Date.now() - 60_000))).status, 200)
  t.match(await look(id), { status: 'active' })
  t.equal((await tell('deauthorize', signedRequest('1004', Date.now() + 1_000))).status, 200)
  t.match(await look(id), { status: 'revoked' })
})

t.test('deletes all data about the user, and confirms that by the code', async (t) => {
  const id = await connect('erik', '1005')
  const { status, body } = await tell('delete', signedRequest('1005', Date.now() + 1_000))
  const code = textAt(body, 'confirmation_code')
  t.same([status, body], [200, { url: `${api.url}/connect/facebook/deletions/${code}`, confirmation_code: code }])
  t.match(code, /^[0-9a-f]{32}$/)
  t.match(await look(id), { status: 'revoked', statusReason: 'deleted at the user\'s request', account: { id: '', name: '' } })

  const page = await api.ask('GET', `/connect/facebook/deletions/${code}`)
  t.match([page.status, page.body], [200, /Your data is deleted/])
  t.notMatch(page.body, /1005|erik/i)
  for (const path of [`/connect/facebook/deletions/${code.slice(1)}0`, '/connect/facebook/deletions/x', `/connect/pushbullet/deletions/${code}`]) {
    t.equal((await api.ask('GET', path)).status, 404, path)
  }
  t.equal((await api.ask('GET', '/connect/facebook/deletions/%00')).status, 400)
  for (const row of await api.database.sql`select notices::text as text from notices`) t.notMatch(row['text'], '1005')
})

t.test('also deletes the data of connections that are already closed', async (t) => {
  const id = await connect('fay', '1006')
  t.equal((await api.ask('DELETE', `/v1/connections/${id}`, { token: key })).status, 204)
  const { sql } = api.database
  t.equal((await sql`select from revocations where account_id = '1006'`).length, 1)
  await tell('delete', signedRequest('1006', Date.now() + 1_000))
  t.match(await look(id), { status: 'revoked', statusReason: 'disconnected', account: { id: '', name: '' } })
  t.equal((await sql`select from revocations where account_id = '1006'`).length, 0)
})

t.test("refuses a notice that the app's secret has not signed", async (t) => {
  const id = await connect('gus', '1007')
  const good = signedRequest('1007', Date.now() + 1_000)
  const forged = ['', 'x', 'x.y', `${good}x`, `x${good}`, signedRequest('1007', Date.now(), 'other-secret'), good.split('.').reverse().join('.')]
  for (const signed of forged) {
    for (const kind of ['deauthorize', 'delete'] as const) {
      t.match(await tell(kind, signed), { status: 400, body: { code: 'badRequest', detail: /^signed_request/ } }, signed)
    }
  }
  t.equal((await api.ask('POST', '/connect/facebook/delete', { body: { signed_request: ['x'] } })).status, 400)
  t.equal((await api.ask('GET', '/connect/facebook/delete')).status, 404)
  t.match(await look(id), { status: 'active', account: { id: '1007' } })
  t.notMatch(api.logLines.join(''), good)
})

t.test('exists only for providers that send notices', async (t) => {
  t.equal((await api.ask('POST', '/connect/pushbullet/delete', { body: {} })).status, 404)
})

import { createHash, createHmac } from 'node:crypto'
import { saveConnections } from '@carillon/shared/connections'
import { newId } from '@carillon/shared/db'
import { ensureUser } from '@carillon/shared/users'
import { until } from '@carillon/testing'
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

async function tell (callback: 'deauthorize' | 'delete', signed: string, door = '/inbound/facebook') {
  return await api.ask('POST', `${door}/${callback}`, {
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
  t.equal((await api.ask('POST', '/inbound/facebook/delete', { body: { signed_request: ['x'] } })).status, 400)
  t.match(await api.ask('GET', '/inbound/facebook/delete'), { status: 405, headers: { allow: 'POST' } })
  t.match(await look(id), { status: 'active', account: { id: '1007' } })
  t.notMatch(api.logLines.join(''), good)
})

t.test('exists only for providers that send messages', async (t) => {
  for (const path of ['/connect/pushbullet/delete', '/inbound/pushbullet', '/inbound/facebook', '/inbound/facebook/other', '/inbound']) {
    t.equal((await api.ask('POST', path, { body: {} })).status, 404, path)
  }
})

t.test('keeps the addresses of the callbacks that earlier versions had', async (t) => {
  const id = await connect('hal', '1008')
  const signed = signedRequest('1008', Date.now() + 1_000)
  const earlier = await tell('deauthorize', signed, '/connect/facebook')
  t.match([earlier.status, earlier.body], [200, { success: true }])
  t.match(await look(id), { status: 'revoked' })
  t.match(await tell('delete', 'x.y', '/connect/facebook'), { status: 400, body: { code: 'badRequest' } })
  t.equal((await api.ask('GET', '/connect/facebook/delete')).status, 404)
  const asNow = await tell('delete', signed)
  t.same((await tell('delete', signed, '/connect/facebook')).body, asNow.body, 'both addresses have the same notices')
})

t.test('counts a message once that an earlier version stored', async (t) => {
  const signed = signedRequest('1011', Date.now() + 1_000)
  const digest = createHash('sha256').update(signed.split('.')[1] ?? '').digest('hex')
  const code = 'c'.repeat(32)
  await api.database.sql`
    insert into notices (id, provider, kind, digest, code, closed) values (${newId()}, 'facebook', 'delete', ${digest}, ${code}, 0)`
  const id = await connect('ida', '1011')
  t.match(await tell('delete', signed), { status: 200, body: { confirmation_code: code } })
  t.match(await look(id), { status: 'active' })
  t.equal((await api.ask('GET', `/connect/facebook/deletions/${code}`)).status, 200)
})

t.test('refuses a body that is too large before it is read', async (t) => {
  t.match(await tell('delete', 'x'.repeat(5_000)), { status: 413, body: { code: 'bodyTooLarge' } })
})

t.test('responds before events are handled that take long, and logs nothing of the message', async (t) => {
  const id = await connect('jo', '1012')
  const connection = id.slice('con_'.length)
  const signed = signedRequest('1012', Date.now() + 1_000)
  let answered: unknown
  await api.database.sql.begin(async (tx) => {
    await tx`select from connections where id = ${connection} for update`
    answered = (await tell('deauthorize', signed)).body
  })
  t.same(answered, { success: true })
  t.ok(await until(async () => at(await look(id), 'status') === 'revoked'))
  const logged = api.logLines.join('')
  for (const secret of [signed, signed.split('.')[1] ?? '', '"1012"', 'sandbox-secret']) t.notMatch(logged, secret)
})

import t from 'tap'
import { auditActions } from '@carillon/shared/audit'
import { createApiKey, listApiKeys } from '@carillon/shared/api-keys'
import { publicId, scopes } from '@carillon/shared/db'
import { openWalk } from '../../handshakes/walk.ts'
import { at, openTestApi, textAt } from '../../open-api.ts'
import type { Answer } from '../../open-api.ts'
import { connectUsers, noteTo } from '../seed.ts'

const api = await openTestApi(t)
const { sql } = api.database
const { id, key: token } = await createApiKey(api.database, { name: 'backend', scopes: [...scopes] })
const key = { kind: 'apiKey', id: publicId('apiKey', id), name: 'backend' }
const text = 'The text of a message'

const ask = (method: Parameters<typeof api.ask>[0], path: string, body?: object, headers: Record<string, string> = {}) =>
  api.ask(method, path, { token, body, headers })
const list = async (query: string): Promise<object[]> => {
  const { status, body } = await ask('GET', `/v1/audit?${query}`)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return at(body, 'data') as object[]
}

/** What the acts are about. Each is created before its acts. */
const ids = await connectUsers(api, ['ann', 'ben'])
const connection = ids.get('ann') ?? ''
const team = { name: 'Crew', ownerId: 'ann', memberIds: ['ben'] }
const created = await ask('PUT', '/v1/teams/crew', team)
const teamId = textAt(created.body, 'id')
const send = async (audience: object) =>
  textAt((await ask('POST', '/v1/notifications', { ...noteTo(), audience, message: { type: 'note', title: text, body: text } })).body, 'id')
const endpoint = textAt((await ask('POST', '/v1/endpoints', { url: 'https://shop.example/hook?secret=abc', events: ['*'] })).body, 'id')
const [broadcast, named] = [await send({ everyone: true }), await send({ userIds: ['ann', 'ben'] })]
const [userRow] = await sql<Array<{ id: string }>>`select id from users where external_id = 'ann'`
const ann = publicId('user', userRow?.id ?? '')

/** Calls of the API with the entries that they leave. */
interface Act {
  action: typeof auditActions[number]
  run: () => Promise<Answer>
  entry: object
}

const acts: Act[] = [
  {
    action: 'connection.changed',
    run: () => ask('PATCH', `/v1/connections/${connection}`, { label: 'My phone', muted: true }),
    entry: { target: { kind: 'connection', id: connection }, userId: 'ann', teamId: null, details: { provider: 'pushbullet', changed: ['label', 'muted'], muted: true } }
  },
  {
    action: 'team.changed',
    run: () => ask('PUT', '/v1/teams/crew', { name: 'The crew', ownerId: 'ben', memberIds: ['carl'] }),
    entry: { target: { kind: 'team', id: teamId }, userId: null, teamId: 'crew', details: { renamed: true, newOwner: /^usr_/, membersAdded: 1, added: [/^usr_/], membersRemoved: 1, removed: [ann] } }
  },
  { action: 'notification.paused', run: () => ask('POST', `/v1/notifications/${broadcast}/pause`), entry: { target: { kind: 'notification', id: broadcast }, details: { everyone: true } } },
  { action: 'notification.resumed', run: () => ask('POST', `/v1/notifications/${broadcast}/resume`), entry: { target: { kind: 'notification', id: broadcast } } },
  { action: 'notification.canceled', run: () => ask('POST', `/v1/notifications/${broadcast}/cancel`), entry: { target: { kind: 'notification', id: broadcast } } },
  {
    action: 'notification.retried',
    run: async () => {
      await sql`update deliveries set state = 'failed', due_at = null, job_id = null, reason = 'gone' where notification_id = ${named.slice(4)}`
      return ask('POST', `/v1/notifications/${named}/retry`)
    },
    entry: { target: { kind: 'notification', id: named }, details: {} }
  },
  {
    action: 'endpoint.changed',
    run: () => ask('PATCH', `/v1/endpoints/${endpoint}`, { url: 'https://other.example/?secret=abc', events: ['*'], description: 'The shop' }),
    entry: { target: { kind: 'endpoint', id: endpoint }, details: { changed: ['url', 'description'], host: 'other.example' } }
  },
  { action: 'endpoint.secret_rotated', run: () => ask('POST', `/v1/endpoints/${endpoint}/rotate-secret`), entry: { target: { kind: 'endpoint', id: endpoint }, details: {} } },
  { action: 'endpoint.deleted', run: () => ask('DELETE', `/v1/endpoints/${endpoint}`), entry: { target: { kind: 'endpoint', id: endpoint } } },
  { action: 'user.tokens_revoked', run: () => ask('POST', '/v1/users/ann/revoke-tokens'), entry: { target: { kind: 'user', id: ann }, userId: 'ann', details: { failedHandshakes: 0 } } },
  {
    action: 'connection.disconnected',
    run: () => ask('DELETE', `/v1/connections/${connection}`),
    entry: { target: { kind: 'connection', id: connection }, userId: 'ann', details: { provider: 'pushbullet' } }
  }
]

t.test('records what was created and sent, by which key and from where', async (t) => {
  t.match(await list(`targetId=${connection}`), [{
    id: /^aud_/,
    action: 'connection.imported',
    createdAt: /^\d{4}-.*Z$/,
    actor: { kind: 'apiKey', id: /^key_/, name: 'test' },
    target: { kind: 'connection', id: connection },
    userId: 'ann',
    requestId: String,
    ipAddress: '127.0.0.1',
    details: { provider: 'pushbullet' }
  }])
  t.match(await list(`targetId=${teamId}`), [{ action: 'team.created', actor: key, teamId: 'crew', details: { membersAdded: 2 } }])
  t.match(await list(`targetId=${endpoint}`), [{ action: 'endpoint.created', actor: key, details: { host: 'shop.example', events: ['*'], enabled: true } }])
  t.match(await list(`targetId=${broadcast}`), [{ action: 'broadcast.sent', actor: key, target: { kind: 'notification', id: broadcast }, details: { everyone: true } }])
  t.same(await list(`targetId=${named}`), [], 'a notification for named users says itself who sent it')
})

t.test('an act that cannot be recorded does not happen', async (t) => {
  await sql`
    create function refuse_entry() returns trigger language plpgsql as $$ begin raise exception 'the disk is full' using errcode = 'disk_full'; end $$`
  await sql`create trigger refuse before insert on audit_entries for each row execute function refuse_entry()`
  const creating: Array<() => Promise<Answer>> = [
    () => ask('POST', '/v1/notifications', { ...noteTo(), audience: { everyone: true } }),
    () => ask('POST', '/v1/endpoints', { url: 'https://shop.example/', events: ['*'] }),
    () => ask('PUT', '/v1/teams/new', team)
  ]
  const state = async () => await sql`
    select (select jsonb_agg(t) from teams t) as teams, (select jsonb_agg(m) from team_members m) as members, (select jsonb_agg(e) from endpoints e) as endpoints,
      (select jsonb_agg(n) from notifications n) as notifications, (select jsonb_agg(c) from connections c) as connections,
      (select jsonb_agg(token_generation) from users where external_id in ('ann', 'ben')) as generations,
      (select jsonb_agg(d.state) from deliveries d where notification_id = ${broadcast.slice(4)}) as deliveries`
  const before = await state()
  // Only a paused or retried notification reaches the statement that resumes it.
  for (const { action, run } of acts.filter((one) => !['notification.resumed', 'notification.retried'].includes(one.action))) {
    t.match((await run()).status, 503, action)
  }
  for (const run of creating) t.match((await run()).status, 503)
  t.same(await state(), before)
  await sql`drop trigger refuse on audit_entries`
})

t.test('records each act once, with what changed', async (t) => {
  const before = (await list('limit=200')).length
  for (const { action, run, entry } of acts) {
    const answer = await run()
    t.ok(answer.status < 300, `${action} ${JSON.stringify(answer.body)}`)
    const [latest] = await list('limit=1')
    t.match(latest, { action, actor: key, requestId: answer.headers['x-request-id'], ipAddress: '127.0.0.1', ...entry }, action)
  }
  t.equal((await list('limit=200')).length, before + acts.length)
})

t.test('an act that fails or changes nothing leaves no entry', async (t) => {
  const before = await list('limit=200')
  const unknown = '01890000-0000-7000-8000-000000000000'
  const failing: Array<[number, () => Promise<Answer>]> = [
    [409, () => ask('POST', `/v1/notifications/${broadcast}/pause`)],
    [409, () => ask('POST', `/v1/notifications/${broadcast}/cancel`)],
    [409, () => ask('POST', `/v1/notifications/${broadcast}/retry`)],
    [204, () => ask('DELETE', `/v1/connections/${connection}`)],
    [409, () => ask('PATCH', `/v1/connections/${connection}`, { label: 'Late' })],
    [404, () => ask('DELETE', `/v1/endpoints/${endpoint}`)],
    [404, () => ask('PATCH', `/v1/endpoints/${endpoint}`, { description: 'Late' })],
    [404, () => ask('POST', `/v1/endpoints/end_${unknown}/rotate-secret`)],
    [404, () => ask('POST', '/v1/users/unknown/revoke-tokens')],
    [200, () => ask('PUT', '/v1/teams/crew', { name: 'The crew', ownerId: 'ben', memberIds: ['carl'] })],
    [200, () => ask('PATCH', `/v1/connections/${ids.get('ben')}`, { muted: false })],
    [403, async () => api.ask('POST', '/v1/endpoints', { token: await api.makeKey('users:write'), body: { url: 'https://a.example/', events: ['*'] } })]
  ]
  for (const [index, [status, run]] of failing.entries()) t.equal((await run()).status, status, String(index))
  t.same(await list('limit=200'), before)
})

t.test('a repeated request with the same Idempotency-Key leaves one entry', async (t) => {
  const headers = { 'idempotency-key': 'once' }
  const body = { url: 'https://once.example/', events: ['*'] }
  const first = await ask('POST', '/v1/endpoints', body, headers)
  t.equal((await ask('POST', '/v1/endpoints', body, headers)).headers['idempotency-replayed'], 'true')
  t.equal((await list(`targetId=${textAt(first.body, 'id')}`)).length, 1)
})

t.test('records what users do with their own accounts', async (t) => {
  const user = await api.makeUser('ursula')
  await (await openWalk(api, user)).finish()
  const own = textAt((await api.ask('GET', '/v1/connections', { token: user })).body, 'data.0.id')
  await api.ask('DELETE', `/v1/connections/${own}`, { token: user })
  const entries = await list('userId=ursula')
  const actor = { kind: 'user', id: /^usr_/, name: null }
  t.match(entries, [
    { action: 'connection.disconnected', actor, target: { kind: 'connection', id: own }, userId: 'ursula', ipAddress: '127.0.0.1' },
    { action: 'connection.connected', actor, target: { kind: 'connection', id: own }, details: { provider: 'pushbullet' } }
  ])
  t.same(await list(`actor=${textAt(entries[0], 'actor.id')}`), entries)
})

t.test('filters by actor, action, target, user and time, page by page', async (t) => {
  const all = await list('limit=200')
  const only = (path: string, value: unknown) => all.filter((entry) => at(entry, path) === value)
  t.same(await list(`actor=${key.id}&limit=200`), only('actor.id', key.id))
  t.same(await list('actor=operator'), [])
  t.same(await list('action=endpoint.created'), only('action', 'endpoint.created'))
  t.same(await list(`targetId=${connection}`), only('target.id', connection))
  t.same(await list('userId=ann'), only('userId', 'ann'))
  t.same(await list('userId=unknown'), [])
  t.same(await list(`action=connection.disconnected&actor=${key.id}&userId=ann&targetId=${connection}`),
    only('target.id', connection).filter((entry) => at(entry, 'action') === 'connection.disconnected'))
  t.same(await list('before=9999-12-31T23:59:59Z&after=1970-01-01T00:00:00Z&limit=200'), all)
  const middle = textAt(all[5], 'createdAt')
  const [after, before] = [await list(`after=${middle}&limit=200`), await list(`before=${middle}&limit=200`)]
  t.same([...after, ...before], all)
  t.ok(after.length >= 6 && before.length > 0)

  const paged: unknown[] = []
  let cursor: unknown = ''
  while (cursor !== null) {
    const { body } = await ask('GET', `/v1/audit?limit=7${cursor === '' ? '' : `&cursor=${String(cursor)}`}`)
    paged.push(...at(body, 'data') as object[])
    cursor = at(body, 'nextCursor')
  }
  t.same(paged, all)
})

t.test('names what is wrong with a filter', async (t) => {
  for (const [query, path] of [
    ['actor=con_x', 'actor'], ['actor=key_x', 'actor'], ['action=key.stolen', 'action'], ['after=yesterday', 'after'],
    ['after=0000-01-01T00:00:00Z', 'after'], ['before=1969-12-31T23:59:59Z', 'before'], ['before=2026-12-31T23:59:60Z', 'before'], ['cursor=x', 'cursor']
  ] as const) {
    t.match(await ask('GET', `/v1/audit?${query}`), { status: 400, body: { code: 'invalidInput', errors: [{ path }] } }, query)
  }
})

t.test('only API keys with the scope admin read the audit trail', async (t) => {
  const keys = await listApiKeys(api.database)
  const reader = await api.makeKey(...scopes.filter((scope) => scope !== 'admin'))
  t.match(await api.ask('GET', '/v1/audit', { token: reader }), { status: 403, body: { code: 'insufficientScope' } })
  t.match(await api.ask('GET', '/v1/audit', { token: await api.makeUser('ann') }), { status: 403, body: { code: 'wrongCaller' } })
  t.equal((await api.ask('GET', '/v1/audit', { token: await api.makeKey('admin') })).status, 200)
  t.ok(keys.length > 0)
})

t.test('the entries contain neither secrets nor texts', async (t) => {
  const stored = JSON.stringify(await sql`select to_jsonb(audit_entries) as entry from audit_entries`)
  for (const secret of [text, 'secret=abc', token.slice(35), 'My phone', 'whsec_', 'accessToken']) t.notMatch(stored, secret)
})

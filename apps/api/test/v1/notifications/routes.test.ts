import t from 'tap'
import type { Draft } from '@carillon/shared/notifications'
import { backends, until } from '@carillon/testing'
import type { Services } from '../../../src/services.ts'
import { at, openTestApi, textAt } from '../../open-api.ts'
import { connectUsers, noteTo } from '../seed.ts'

const api = await openTestApi(t)
const token = await api.makeKey()
const post = (body: unknown) => api.ask('POST', '/v1/notifications', { token, body })
const inDays = (days: number) => inFuture(days * 86_400_000)
const inFuture = (ms: number) => new Date(Date.now() + ms).toISOString()

t.test('accepts a notification and lists unreachable users', async (t) => {
  await connectUsers(api, ['ann', 'bob'])
  await api.makeUser('unconnected')
  const data = { order: 7, nested: { tags: ['x'] } }
  const { status, headers, body } = await post({ ...noteTo('ann', 'bob', 'unconnected', 'outsider'), providers: ['pushbullet'], data })
  t.equal(status, 202)
  const id = textAt(body, 'id')
  t.equal(headers['location'], `/v1/notifications/${id}`)
  t.match(body, {
    id: /^ntf_/,
    origin: 'api',
    createdBy: { keyId: /^key_[\da-f-]{36}$/, name: 'test' },
    status: 'accepted',
    audience: { userIds: ['ann', 'bob', 'unconnected', 'outsider'] },
    message: { type: 'note', title: 'Bim', body: 'Bam' },
    providers: ['pushbullet'],
    data,
    deliveries: 2,
    counts: { queued: 2, parked: 0, sent: 0 },
    progress: [{ provider: 'pushbullet', counts: { queued: 2, parked: 0, sent: 0 }, perSecond: 0, secondsLeft: null }],
    unreachable: [{ userId: 'outsider', reason: 'unknownUser' }, { userId: 'unconnected', reason: 'notConnected' }],
    sendAt: null,
    expiresAt: null,
    spreadOver: null,
    onUnknown: 'hold'
  })
  t.same((await api.ask('GET', `/v1/notifications/${id}`, { token })).body, body, 'a later request returns the same')
})

t.test('completes a notification immediately when it reaches no user', async (t) => {
  const { status, body } = await post(noteTo('nobody-at-all'))
  t.equal(status, 202)
  t.match(body, { status: 'completed', deliveries: 0, unreachable: [{ userId: 'nobody-at-all', reason: 'unknownUser' }] })
})

t.test('stores the given times', async (t) => {
  await connectUsers(api, ['tim'])
  const [sendAt, expiresAt] = [inFuture(60_000), inFuture(120_000)]
  const { status, body } = await post({ ...noteTo('tim'), sendAt, expiresAt: expiresAt.replace('Z', '+00:00'), spreadOver: 60, onUnknown: 'resend' })
  t.equal(status, 202)
  t.match(body, { status: 'scheduled', sendAt, expiresAt, spreadOver: 60, onUnknown: 'resend' })
  t.same((await api.ask('GET', `/v1/notifications/${textAt(body, 'id')}`, { token })).body, body)
})

t.test('parks a delivery to a connection that needs a reconnect', async (t) => {
  const connections = await connectUsers(api, ['pat'])
  await api.database.sql`update connections set status = 'needsReauth', status_reason = 'access token is not accepted'
    where id = ${(connections.get('pat') ?? '').slice(4)}`
  const { body } = await post(noteTo('pat'))
  t.match(body, { status: 'parked', deliveries: 1, counts: { queued: 0, parked: 1 } })
  t.same((await api.ask('GET', `/v1/notifications/${textAt(body, 'id')}`, { token })).body, body)
})

t.test("accepts every type of message, and returns everything except a file's content", async (t) => {
  await connectUsers(api, ['mia'])
  const messages = [
    { type: 'note', body: 'only a body', level: 'warning' },
    { type: 'link', url: 'https://site.example/a?b=c', title: 'There' },
    { type: 'file', file: { name: 'a b.pdf', type: 'application/pdf', url: 'http://site.example/a.pdf' }, body: 'Look' },
    { type: 'note', title: 'All', image: 'https://site.example/a.png', urgency: 'critical', collapseKey: 'order 7', actions: [{ title: 'Track it', url: 'https://site.example/7' }] },
    { type: 'file', file: { name: 'ä.png', type: 'image/png', data: Buffer.from('png').toString('base64') } }
  ]
  for (const message of messages) {
    const { status, body } = await post({ audience: { userIds: ['mia'] }, message })
    t.equal(status, 202)
    const { data, ...file } = { data: '', ...message.file }
    t.same(at(body, 'message'), message.file === undefined ? message : { ...message, file })
    t.same((await api.ask('GET', `/v1/notifications/${textAt(body, 'id')}`, { token })).body, body)
  }
})

t.test('stores the normalized forms of valid URLs and MIME types', async (t) => {
  await connectUsers(api, ['ulla'])
  const audience = { userIds: ['ulla'] }
  const link = await post({ audience, message: { type: 'link', url: 'HTTPS://Site.Example:443/ä b'.replace(' ', '%20') } })
  t.equal(at(link.body, 'message.url'), 'https://site.example/%C3%A4%20b')
  const { body } = await post({
    audience, message: { type: 'note', title: 'x', image: 'HTTPS://Site.Example:443/a.png', actions: [{ title: 'Go', url: 'http://SITE.example' }] }
  })
  t.match(at(body, 'message'), { image: 'https://site.example/a.png', actions: [{ title: 'Go', url: 'http://site.example/' }] })
  const types = { 'text/plain; charset=utf-8': 'text/plain;charset=utf-8', 'image/jpg': 'image/jpeg', 'IMAGE/PNG': 'image/png' }
  for (const [type, stored] of Object.entries(types)) {
    const { body } = await post({ audience, message: { type: 'file', file: { name: 'a', type, url: 'http://SITE.example' } } })
    t.match(at(body, 'message.file'), { type: stored, url: 'http://site.example/' }, type)
    const kept = await api.ask('GET', `/v1/notifications/${textAt(body, 'id')}`, { token })
    t.match(at(kept.body, 'message.file'), { type: stored, url: 'http://site.example/' })
  }
})

t.test('never returns a regular expression in an error', async (t) => {
  const wrong = { type: 'file', file: { name: 'a/b', type: 'png', url: 'https:a' } }
  const { body } = await post({ audience: { userIds: ['ann'] }, message: wrong })
  t.match(body, {
    errors: [
      { path: 'message.file.name', message: /without a path/ },
      { path: 'message.file.type', message: 'must be a MIME type, such as image/png or text/plain; charset=utf-8' },
      { path: 'message.file.url', message: 'must start with http:// or https:// and a host' }
    ]
  })
  const day = await api.ask('GET', '/v1/teams/x/pulls/facebook/insights?since=0000-01-01', { token })
  t.notMatch([body, day.body].map((one) => JSON.stringify(one)).join(), /pattern|\^|\\\\p/)
})

const note = { type: 'note', title: 'x' }
const file = { name: 'a.png', type: 'image/png' }
const to = { userIds: ['ann'] }
const action = { title: 'Go', url: 'https://a.example' }
const badInput: Array<[string, unknown, string]> = [
  ['no body at all', [], ''],
  ['no audience', { message: note }, 'audience'],
  ['an empty audience', { audience: { userIds: [] }, message: note }, 'audience.userIds'],
  ['too large an audience', { audience: { userIds: Array.from({ length: 10_001 }, (_, i) => `u${i}`) }, message: note }, 'audience.userIds'],
  ['a user twice', { audience: { userIds: ['a', 'b', 'a'] }, message: note }, 'audience.userIds'],
  ['a user who is a number', { audience: { userIds: ['a', 7] }, message: note }, 'audience.userIds.1'],
  ['a user without a name', { audience: { userIds: [''] }, message: note }, 'audience.userIds.0'],
  ['an audience of another kind', { audience: { roles: ['owner'] }, message: note }, 'audience.roles'],
  ['an empty audience', { audience: {}, message: note }, 'audience'],
  ['an audience of two kinds', { audience: { everyone: true, ...to }, message: note }, 'audience'],
  ['everyone but not', { audience: { everyone: false }, message: note }, 'audience.everyone'],
  ['no message', { audience: to }, 'message'],
  ['a message of no kind', { audience: to, message: { title: 'x' } }, 'message.type'],
  ['a message of an unknown kind', { audience: to, message: { type: 'song' } }, 'message.type'],
  ['an unknown field', { audience: to, message: note, color: 'red' }, 'color'],
  ['an unknown field of the message', { audience: to, message: { ...note, color: 'red' } }, 'message.color'],
  ['a note with nothing to say', { audience: to, message: { type: 'note' } }, 'message'],
  ['a note with an empty title', { audience: to, message: { type: 'note', title: '' } }, 'message.title'],
  ['a title that is too long', { audience: to, message: { type: 'note', title: 'x'.repeat(501) } }, 'message.title'],
  ['a body that is too long', { audience: to, message: { type: 'note', body: 'x'.repeat(10_001) } }, 'message.body'],
  ['a link to nowhere', { audience: to, message: { type: 'link' } }, 'message.url'],
  ['a link that is none', { audience: to, message: { type: 'link', url: 'site' } }, 'message.url'],
  ['a link to a script', { audience: to, message: { type: 'link', url: 'javascript:alert(1)' } }, 'message.url'],
  ['a note with a url', { audience: to, message: { ...note, url: 'https://a.example' } }, 'message.url'],
  ['an image without encryption', { audience: to, message: { ...note, image: 'http://a.example/a.png' } }, 'message.image'],
  ['an image that is no URL', { audience: to, message: { ...note, image: 'a.png' } }, 'message.image'],
  ['no actions', { audience: to, message: { ...note, actions: [] } }, 'message.actions'],
  ['six actions', { audience: to, message: { ...note, actions: Array.from({ length: 6 }, () => action) } }, 'message.actions'],
  ['an action without a title', { audience: to, message: { ...note, actions: [{ url: action.url }] } }, 'message.actions.0.title'],
  ['a long action', { audience: to, message: { ...note, actions: [action, { ...action, title: 'x'.repeat(61) }] } }, 'message.actions.1.title'],
  ['an action of two lines', { audience: to, message: { ...note, actions: [{ ...action, title: 'a\nb' }] } }, 'message.actions.0.title'],
  ['an action that is a script', { audience: to, message: { ...note, actions: [action, { ...action, url: 'javascript:alert(1)' }] } }, 'message.actions.1.url'],
  ['an unknown field of an action', { audience: to, message: { ...note, actions: [{ ...action, style: 'red' }] } }, 'message.actions.0.style'],
  ['an unknown urgency', { audience: to, message: { ...note, urgency: 'urgent' } }, 'message.urgency'],
  ['a collapse key that is too long', { audience: to, message: { ...note, collapseKey: 'x'.repeat(65) } }, 'message.collapseKey'],
  ['a collapse key with a line break', { audience: to, message: { ...note, collapseKey: 'a\r\nb' } }, 'message.collapseKey'],
  ['a file without a file', { audience: to, message: { type: 'file' } }, 'message.file'],
  ['a note with a file', { audience: to, message: { ...note, file: { ...file, url: 'https://a.example' } } }, 'message.file'],
  ['a file from nowhere', { audience: to, message: { type: 'file', file } }, 'message.file'],
  ['a file from two places', { audience: to, message: { type: 'file', file: { ...file, url: 'https://a.example', data: 'AAAA' } } }, 'message.file'],
  ['a file on a disk', { audience: to, message: { type: 'file', file: { ...file, url: 'file:///etc/passwd' } } }, 'message.file.url'],
  ['a file that is not base64', { audience: to, message: { type: 'file', file: { ...file, data: 'a?==' } } }, 'message.file.data'],
  ['a file that is too large', { audience: to, message: { type: 'file', file: { ...file, data: Buffer.alloc(8 * 1024 * 1024 + 1).toString('base64') } } }, 'message.file.data'],
  ['a file with a path', { audience: to, message: { type: 'file', file: { ...file, name: '../a', url: 'https://a.example' } } }, 'message.file.name'],
  ['a file of no type', { audience: to, message: { type: 'file', file: { name: 'a', type: 'png', url: 'https://a.example' } } }, 'message.file.type'],
  ['a link that only a browser understands', { audience: to, message: { type: 'link', url: 'https:site.example' } }, 'message.url'],
  ['a link with a space in front', { audience: to, message: { type: 'link', url: ' https://site.example' } }, 'message.url'],
  ['a link with a line break', { audience: to, message: { type: 'link', url: 'https://site.exam\nple/' } }, 'message.url'],
  ['a link with a password', { audience: to, message: { type: 'link', url: 'https://ann:secret@site.example/' } }, 'message.url'],
  ['a file with a password', { audience: to, message: { type: 'file', file: { ...file, url: 'https://ann:secret@site.example/' } } }, 'message.file.url'],
  ['a file that a browser would find', { audience: to, message: { type: 'file', file: { ...file, url: 'https:/site.example/a' } } }, 'message.file.url'],
  ['a file with a line break in its name', { audience: to, message: { type: 'file', file: { ...file, name: 'a\nb', url: 'https://a.example' } } }, 'message.file.name'],
  ['an unknown level', { audience: to, message: { ...note, level: 'loud' } }, 'message.level'],
  ['an unknown provider', { audience: to, message: note, providers: ['pushbullet', 'nobody'] }, 'providers.1'],
  ['no provider', { audience: to, message: note, providers: [] }, 'providers'],
  ['a time that is none', { audience: to, message: note, sendAt: 'tomorrow' }, 'sendAt'],
  ['a time without a zone', { audience: to, message: note, sendAt: '2100-01-01T00:00:00' }, 'sendAt'],
  ['a day that does not exist', { audience: to, message: note, sendAt: '2100-02-30T00:00:00Z' }, 'sendAt'],
  ['a time that is past', { audience: to, message: note, sendAt: inFuture(-1_000) }, 'sendAt'],
  ['an end that is past', { audience: to, message: note, expiresAt: inFuture(-1_000) }, 'expiresAt'],
  ['an end before the beginning', { audience: to, message: note, sendAt: inFuture(60_000), expiresAt: inFuture(30_000) }, 'expiresAt'],
  ['a beginning in three months', { audience: to, message: note, sendAt: inDays(61) }, 'sendAt'],
  ['an end in three months', { audience: to, message: note, expiresAt: inDays(81) }, 'expiresAt'],
  ['an end before all is spread', { audience: to, message: note, sendAt: inFuture(60_000), expiresAt: inFuture(120_000), spreadOver: 61 }, 'spreadOver'],
  ['a policy that there is not', { audience: to, message: note, onUnknown: 'ask' }, 'onUnknown'],
  ['spreading over no time', { audience: to, message: note, spreadOver: 0 }, 'spreadOver'],
  ['spreading over more than a day', { audience: to, message: note, spreadOver: 86_401 }, 'spreadOver'],
  ['data that is a list', { audience: to, message: note, data: [1] }, 'data'],
  ['data that is too large', { audience: to, message: note, data: { x: 'x'.repeat(16 * 1024) } }, 'data'],
  ['data that cannot be stored', { audience: to, message: note, data: { x: ['\0'] } }, 'data.x.0'],
  ['a name in data that cannot be stored', { audience: to, message: note, data: { '\0': 1 } }, 'data']
]

for (const [what, body, path] of badInput) {
  t.test(`refuses ${what}`, async (t) => {
    const answer = await post(body)
    t.equal(answer.status, 400)
    t.match(answer.body, { code: 'invalidInput' })
    const paths = Object.values(at(answer.body, 'errors') ?? {}).map((fault) => at(fault, 'path'))
    t.ok(paths.includes(path), `${path} is among ${paths.join(', ')}`)
  })
}

t.test('accepts input up to the documented limits', async (t) => {
  const userIds = Array.from({ length: 10_000 }, (_, index) => `${index}${'u'.repeat(250)}`)
  const data = Buffer.alloc(8 * 1024 * 1024).toString('base64')
  const { status, body } = await post({ audience: { userIds }, message: { type: 'file', file: { ...file, data } } })
  t.equal(status, 202)
  t.match(body, { audienceCount: 10_000, unreachableCount: 10_000 })
})

t.test('lists notifications page by page, newest first', async (t) => {
  const own = await openTestApi(t)
  const key = await own.makeKey()
  const made: string[] = []
  for (let index = 0; index < 7; index++) {
    made.unshift(textAt((await own.ask('POST', '/v1/notifications', { token: key, body: noteTo('x') })).body, 'id'))
  }
  const seen: unknown[] = []
  let cursor: unknown = ''
  for (let pages = 0; cursor !== null && pages < 10; pages++) {
    const { body } = await own.ask('GET', `/v1/notifications?limit=3${cursor === '' ? '' : `&cursor=${String(cursor)}`}`, { token: key })
    seen.push(...Object.values(at(body, 'data') ?? {}).map((item) => at(item, 'id')))
    cursor = at(body, 'nextCursor')
  }
  t.same(seen, made)
  t.equal(at((await own.ask('GET', '/v1/notifications?limit=7', { token: key })).body, 'nextCursor'), null)
})

t.test('refuses invalid cursors', async (t) => {
  const wrong = { 'limit=0': 'limit', 'limit=201': 'limit', 'limit=x': 'limit', 'limit=1&limit=2': 'limit', 'cursor=x': 'cursor', 'cursor=AAAA': 'cursor', 'page=2': 'page' }
  for (const [query, path] of Object.entries(wrong)) {
    const { status, body } = await api.ask('GET', `/v1/notifications?${query}`, { token })
    t.match([status, at(body, 'errors.0.path')], [400, path], query)
  }
})

t.test('returns 404 for an unknown notification', async (t) => {
  for (const id of ['ntf_01890000-0000-7000-8000-000000000000', 'ntf_x', 'con_01890000-0000-7000-8000-000000000000']) {
    t.equal((await api.ask('GET', `/v1/notifications/${id}`, { token })).status, 404)
  }
})

for (const { kind, skip } of await backends()) {
  t.test(`commits concurrent notifications together, with jobs in ${kind}`, { skip }, async (t) => {
    let arrived = 0
    const counting = ({ accepter }: Services) => ({
      accepter: { ...accepter, acceptAll: (drafts: Draft[]) => { arrived++; return accepter.acceptAll(drafts) } }
    })
    const own = await openTestApi(t, { backend: kind, change: counting })
    const key = await own.makeKey()
    const users = Array.from({ length: 60 }, (_, index) => `user-${index}`)
    await connectUsers(own, users)
    const { asked } = await own.database.sql.begin(async (sql) => {
      await sql`lock table notifications in exclusive mode` // requests that arrive while the first statement waits share the next one
      const asked = users.map((userId) => own.ask('POST', '/v1/notifications', { token: key, body: noteTo(userId) }))
      await until(() => arrived === users.length)
      return { asked }
    })
    const answers = await Promise.all(asked)
    t.ok(answers.every(({ status }) => status === 202))
    t.equal(new Set(answers.map(({ body }) => at(body, 'id'))).size, 60)
    t.ok(answers.every(({ body }) => at(body, 'deliveries') === 1))
    const [found] = await own.database.sql<Array<{ statements: number, jobs: number, rows: number }>>`
      select count(distinct xmin::text)::int as statements, count(distinct job_id)::int as jobs, count(*)::int as rows from deliveries`
    t.equal(found?.rows, 60)
    t.ok((found?.statements ?? 60) <= 2, `${found?.statements} statements`)
    t.ok((found?.jobs ?? 60) <= 2, `${found?.jobs} jobs`)
  })
}

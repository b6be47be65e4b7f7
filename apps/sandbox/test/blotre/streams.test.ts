import t from 'tap'
import { apiError, openTestBlotre } from './open-test-blotre.ts'
import type { TestResponse } from '../open-test-sandbox.ts'

const blotre = await openTestBlotre(t)

function names ({ json }: TestResponse): string[] {
  return (json as unknown as Array<{ name: string }>).map(({ name }) => name)
}

async function query (path: string, text: string): Promise<string[]> {
  return names(await blotre.read(`${path}?query=${encodeURIComponent(text)}`))
}

t.test('gives every user a root stream with the user\'s name', async (t) => {
  const { account, userId, rootStream } = await blotre.member()
  const { status, json } = await blotre.read(`/stream/${rootStream}`)
  t.equal(status, 200)
  t.same(Object.keys(json), ['id', 'name', 'uri', 'created', 'updated', 'status', 'owner', 'tags'])
  t.match(json, { id: rootStream, name: account, uri: account, owner: userId, status: { color: '#aaaaaa', poster: userId }, tags: [] })
  t.ok(Number.isInteger(json['created']) && Math.abs(Number(json['created']) - Date.now()) < 30_000, 'milliseconds')
})

t.test('creates a stream once: 201, then 200', async (t) => {
  const member = await blotre.member()
  const uri = `${member.account}/build+status`
  const body = { name: 'Build Status', uri, status: { color: '#00FF00' }, tags: [{ tag: 'CI' }, { tag: 'web' }] }
  const created = await member.api('PUT', '/stream', body)
  t.equal(created.status, 201)
  t.match(created.json, {
    name: 'Build Status',
    uri,
    owner: member.userId,
    status: { color: '#00FF00', poster: member.userId },
    tags: [{ tag: 'ci' }, { tag: 'web' }]
  })
  const again = await member.api('PUT', '/stream', { ...body, status: { color: '#ff0000' }, tags: [] })
  t.equal(again.status, 200)
  t.match(again.json, { id: created.json['id'], status: { color: '#ff0000' }, tags: [] })
  const bare = await member.api('PUT', '/stream', { name: 'build status', uri, status: null, tags: null })
  t.equal(bare.status, 200)
  t.match(bare.json, { id: created.json['id'], name: 'Build Status', status: { color: '#ff0000' }, tags: [] })
})

t.test('finds one stream by every spelling of its address', async (t) => {
  const member = await blotre.member()
  const spellings = [`${member.account}/my+lamp`, `  ${member.account.toUpperCase()}/My Lamp `, `${member.account}/my%20lamp`, `${member.account}/my+lamp/`]
  const ids = []
  for (const uri of spellings) ids.push((await member.api('PUT', '/stream', { name: 'My Lamp', uri })).json['id'])
  t.match(ids[0], /^[0-9a-f]{24}$/)
  t.equal(new Set(ids).size, 1)
})

t.test('creates streams below streams', async (t) => {
  const member = await blotre.member()
  await blotre.makeStream(member, 'a')
  const { status, json } = await member.api('PUT', '/stream', { name: 'b', uri: `${member.account}/a/b` })
  t.equal(status, 201)
  t.equal(json['uri'], `${member.account}/a/b`)
})

t.test('refuses a stream whose name, address or parent is wrong', async (t) => {
  const [member, otherUser] = [await blotre.member(), await blotre.member()]
  const mine = member.account
  for (const [name, uri, status, error] of [
    ['a/b', `${mine}/a`, 422, 'Stream name is invalid.'],
    ['x'.repeat(65), `${mine}/${'x'.repeat(65)}`, 422, 'Stream name is invalid.'],
    ['  ', `${mine}/a`, 422, 'Stream name is invalid.'],
    ['one', `${mine}/two`, 422, 'Stream name and uri do not match.'],
    ['one', 'nobody-there/one', 404, 'Parent stream does not exist.'],
    ['one', 'one', 404, 'Parent stream does not exist.'],
    ['one', '', 404, 'Parent stream does not exist.'],
    ['one', `${mine}/%zz`, 404, 'Parent stream does not exist.'],
    ['one', `${otherUser.account}/one`, 401, 'User does not have permission to add child.']
  ] as const) {
    const response = await member.api('PUT', '/stream', { name, uri })
    t.equal(response.status, status, `${name} at ${uri}`)
    t.same(response.json, apiError(error))
    t.equal(response.headers.get('www-authenticate'), null)
  }
})

t.test('names every error in the JSON of a stream', async (t) => {
  const member = await blotre.member()
  const wrong = (message: string) => [{ msg: [message], args: [] }]
  const [name, uri] = ['a', `${member.account}/a`]
  for (const [body, details] of [
    [{}, { 'obj.name': wrong('error.path.missing'), 'obj.uri': wrong('error.path.missing') }],
    ['text', { 'obj.name': wrong('error.path.missing'), 'obj.uri': wrong('error.path.missing') }],
    [{ name: 1, uri }, { 'obj.name': wrong('error.expected.jsstring') }],
    [{ name, uri, status: {} }, { 'obj.status.color': wrong('error.path.missing') }],
    [{ name, uri, status: { color: 'red' } }, { 'obj.status.color': wrong('Color is not valid.') }],
    [{ name, uri, tags: 'x' }, { 'obj.tags': wrong('error.expected.jsarray') }],
    [{ name, uri, tags: [{ tag: 'a' }, { tag: 'b c' }] }, { 'obj.tags[1].tag': wrong('Tag is not valid.') }],
    [{ name, uri, tags: [{ tag: 'a' }, { tag: 'A' }] }, { 'obj.tags': wrong('Duplicate tags not allowed.') }]
  ] as const) {
    const response = await member.api('PUT', '/stream', body)
    t.equal(response.status, 400)
    t.same(response.json, apiError('Could not process request', details))
  }
})

t.test('sets the status, and returns it without a token', async (t) => {
  const { api, rootStream, userId } = await blotre.member()
  const { status, json } = await api('POST', `/stream/${rootStream}/status`, { color: '#Ff8800' })
  t.equal(status, 200)
  t.same(Object.keys(json), ['color', 'created', 'poster'])
  t.match(json, { color: '#Ff8800', poster: userId })
  t.same((await blotre.read(`/stream/${rootStream}/status`)).json, json)
  t.equal((await blotre.read(`/stream/${rootStream}`)).json['updated'], json['created'])
})

t.test('refuses an invalid color', async (t) => {
  const { api, rootStream } = await blotre.member()
  for (const [body, message] of [
    [{ color: 'red' }, 'Color is not valid.'], [{ color: '#12345' }, 'Color is not valid.'], [{ color: '#1234567' }, 'Color is not valid.'],
    [{ color: 7 }, 'error.expected.jsstring'], [{}, 'error.path.missing'], [['#123456'], 'error.path.missing'], [null, 'error.path.missing']
  ] as const) {
    const response = await api('POST', `/stream/${rootStream}/status`, body)
    t.equal(response.status, 400)
    t.same(response.json, apiError('Could not process request', { 'obj.color': [{ msg: [message], args: [] }] }))
  }
})

t.test('refuses writes of another user with 401', async (t) => {
  const [{ rootStream }, { api }] = [await blotre.member(), await blotre.member()]
  const edited = await api('POST', `/stream/${rootStream}/status`, { color: '#123456' })
  t.equal(edited.status, 401)
  t.same(edited.json, apiError('User does not have permission to edit stream.'))
  const deleted = await api('DELETE', `/stream/${rootStream}`)
  t.equal(deleted.status, 401)
  t.same(deleted.json, apiError('User does not have permission to delete stream.'))
})

t.test('returns 404 for an unknown stream', async (t) => {
  const { api } = await blotre.member()
  for (const id of ['0123456789abcdef01234567', 'not-an-id']) {
    for (const response of [
      await blotre.read(`/stream/${id}`), await blotre.read(`/stream/${id}/status`), await blotre.read(`/stream/${id}/tags`),
      await blotre.read(`/stream/${id}/children`), await api('DELETE', `/stream/${id}`), await api('POST', `/stream/${id}/status`, { color: '#123456' }),
      await api('POST', `/stream/${id}/tags`, [])
    ]) {
      t.equal(response.status, 404)
      t.same(response.json, apiError('Stream does not exist.'))
    }
  }
})

t.test('deletes a stream with all streams below it, and no root stream', async (t) => {
  const member = await blotre.member()
  const a = await blotre.makeStream(member, 'a')
  const b = await blotre.makeStream(member, 'b', `${member.account}/a`)
  const { status, json } = await member.api('DELETE', `/stream/${a}`)
  t.equal(status, 200)
  t.match(json, { id: a, name: 'a' })
  for (const id of [a, b]) t.match(await blotre.read(`/stream/${id}`), { status: 404 })
  t.same(await query(`/stream/${member.rootStream}/children`, ''), [])
  t.match(await member.api('PUT', '/stream', { name: 'a', uri: `${member.account}/a` }), { status: 201 })

  const root = await member.api('DELETE', `/stream/${member.rootStream}`)
  t.equal(root.status, 422)
  t.same(root.json, apiError('Cannot delete root streams.'))
})

t.test('finds streams by color, by tag, by part of a name, or by their latest change', async (t) => {
  const member = await blotre.member()
  const color = '#C0ffEE'
  for (const name of ['Zebra One', 'zebra-two', 'Zebra$3']) {
    await member.api('PUT', '/stream', { name, uri: `${member.account}/${name}`, status: { color }, tags: [{ tag: `zoo${name.length}` }] })
  }
  t.same(await query('/stream', '#c0FFee'), ['Zebra$3', 'zebra-two', 'Zebra One'])
  t.same(await query('/stream', '#ZOO7'), ['Zebra$3'])
  t.same(await query('/stream', '  zEBRa '), ['Zebra$3', 'zebra-two', 'Zebra One'])
  t.same(await query('/stream', 'bra$'), ['Zebra$3'])
  t.same(await query('/stream', 'z(e)b.r*a'), ['Zebra$3', 'zebra-two', 'Zebra One'], 'a search omits characters that no name has')
  t.same(await query('/stream', 'no such thing'), [])
  t.equal((await query('/stream', '')).at(0), 'Zebra$3')
  t.equal((await query('/stream', '.*')).at(0), 'Zebra$3', 'nothing is left to look for')
})

t.test('lists at most twenty', async (t) => {
  const member = await blotre.member()
  for (let count = 0; count < 22; count++) await blotre.makeStream(member, `many${count}`)
  for (const path of ['/stream', `/stream/${member.rootStream}/children`]) {
    const found = await query(path, 'many')
    t.equal(found.length, 20)
    t.equal(found[0], 'many21')
  }
})

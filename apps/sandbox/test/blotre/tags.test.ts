import t from 'tap'
import { apiError, openTestBlotre } from './open-test-blotre.ts'
import type { Member } from './open-test-blotre.ts'

const blotre = await openTestBlotre(t)

async function setTags ({ api, rootStream }: Member, ...tags: string[]) {
  return await api('POST', `/stream/${rootStream}/tags`, tags.map((tag) => ({ tag })))
}

async function tagsOf ({ rootStream }: Member): Promise<string[]> {
  const { json } = await blotre.read(`/stream/${rootStream}/tags`)
  return (json as unknown as Array<{ tag: string }>).map(({ tag }) => tag)
}

t.test('replaces the tags by those of an array, in lower case', async (t) => {
  const member = await blotre.member()
  const { status, json } = await setTags(member, 'News', ' build_1 ', '$x-y')
  t.equal(status, 200)
  t.same(json, [{ tag: 'news' }, { tag: 'build_1' }, { tag: '$x-y' }])
  t.same(await tagsOf(member), ['news', 'build_1', '$x-y'])
  t.same((await setTags(member)).json, [])
  t.same(await tagsOf(member), [])
})

t.test('refuses an invalid list of tags with 422, and names every error', async (t) => {
  const member = await blotre.member()
  await setTags(member, 'kept')
  const wrong = (message: string) => [{ msg: [message], args: [] }]
  const six = ['a', 'b', 'c', 'd', 'e', 'f'].map((tag) => ({ tag }))
  for (const [body, details] of [
    [{ tags: six }, { obj: wrong('error.expected.jsarray') }],
    [['a'], { 'obj[0].tag': wrong('error.path.missing') }],
    [[{ tag: 1 }], { 'obj[0].tag': wrong('error.expected.jsstring') }],
    [[{ tag: 'ok' }, { tag: 'not ok' }], { 'obj[1].tag': wrong('Tag is not valid.') }],
    [[{ tag: 'abc123' }], { 'obj[0].tag': wrong('Tag is not valid.') }],
    [[{ tag: 'x'.repeat(33) }], { 'obj[0].tag': wrong('Tag is not valid.') }],
    [[{ tag: '' }], { 'obj[0].tag': wrong('Tag is not valid.') }],
    [[...six, { tag: 'g' }], { obj: wrong('Too many tags.') }],
    [[{ tag: 'a' }, { tag: 'A' }], { obj: wrong('Duplicate tags not allowed.') }]
  ] as const) {
    const { status, json } = await member.api('POST', `/stream/${member.rootStream}/tags`, body)
    t.equal(status, 422)
    t.same(json, apiError('Could not process request.', details))
  }
  t.same(await tagsOf(member), ['kept'])
  t.match(await setTags(member, 'a', 'b', 'c', 'd', 'e', 'abcd12x'), { status: 200 })
})

t.test('adds a single tag once: 201, then 200', async (t) => {
  const { api, rootStream } = await blotre.member()
  const path = `/stream/${rootStream}/tags`
  const added = await api('PUT', `${path}/News`)
  t.equal(added.status, 201)
  t.same(added.json, { tag: 'news' })
  t.match(await api('PUT', `${path}/NEWS`), { status: 200, json: { tag: 'news' } })
  t.match(await blotre.read(`${path}/news`), { status: 200, json: { tag: 'news' } })
  for (const tag of ['2', '3', '4', '5', '6']) await api('PUT', `${path}/${tag}`)
  const full = await api('PUT', `${path}/7`)
  t.equal(full.status, 422)
  t.same(full.json, apiError('Too many tags.'))
})

t.test('does not find a tag that is not set, or in another case', async (t) => {
  const member = await blotre.member()
  await setTags(member, 'news')
  for (const tag of ['other', 'News']) {
    const { status, json } = await blotre.read(`/stream/${member.rootStream}/tags/${tag}`)
    t.equal(status, 404)
    t.same(json, apiError('Tag does not exist.'))
  }
  t.same((await blotre.read('/stream/nowhere/tags/news')).json, apiError('Stream does not exist.'))
})

t.test('handles DELETE like PUT, as Blot\'re does', async (t) => {
  const member = await blotre.member()
  await setTags(member, 'one', 'two')
  const path = `/stream/${member.rootStream}/tags`
  t.match(await member.api('DELETE', `${path}/one`), { status: 200, json: { tag: 'one' } })
  t.same(await tagsOf(member), ['one', 'two'])
  t.match(await member.api('DELETE', `${path}/three`), { status: 201, json: { tag: 'three' } })
  t.same(await tagsOf(member), ['one', 'two', 'three'])
})

t.test('removes a tag while the quirk is off, until a reset', async (t) => {
  const quirk = { provider: 'blotre', quirk: 'deleteTagAdds' }
  t.match(await blotre.call('POST', '/_control/quirks', { body: { ...quirk, on: false } }), { status: 200, json: { on: false } })
  const member = await blotre.member()
  await setTags(member, 'one', 'two')
  const path = `/stream/${member.rootStream}/tags`
  t.match(await member.api('DELETE', `${path}/ONE`), { status: 200, json: { tag: 'one' } })
  t.same(await tagsOf(member), ['two'])
  const missing = await member.api('DELETE', `${path}/one`)
  t.equal(missing.status, 404)
  t.same(missing.json, apiError('No such tag.'))

  await blotre.call('POST', '/_control/reset')
  const { json: { data } } = await blotre.call('GET', '/_control/quirks')
  t.ok((data as object[]).some((each) => JSON.stringify(each) === JSON.stringify({ ...quirk, on: true })))
})

t.test('refuses tags of another user: 401 for the list, 404 for a single tag', async (t) => {
  const [{ rootStream }, { api }] = [await blotre.member(), await blotre.member()]
  const list = await api('POST', `/stream/${rootStream}/tags`, [])
  t.equal(list.status, 401)
  t.same(list.json, apiError('User does not have permission to add tags.'))
  for (const method of ['PUT', 'DELETE']) {
    const single = await api(method, `/stream/${rootStream}/tags/a`)
    t.equal(single.status, 404)
    t.same(single.json, apiError('User does not have permission to edit stream.'))
  }
})

t.test('checks a single tag before the stream', async (t) => {
  const { api } = await blotre.member()
  for (const method of ['PUT', 'DELETE']) {
    t.same((await api(method, '/stream/nowhere/tags/abc123')).json, apiError('Tag is not valid.'))
    t.match(await api(method, '/stream/nowhere/tags/abc123'), { status: 404 })
    t.same((await api(method, '/stream/nowhere/tags/a')).json, apiError('Stream does not exist.'))
  }
})

t.test('lists the streams with a tag, the latest change first', async (t) => {
  const [one, two] = [await blotre.member(), await blotre.member()]
  await setTags(one, 'shared')
  await setTags(two, 'shared')
  const accounts = async (path: string) => {
    return ((await blotre.read(path)).json as unknown as Array<{ name: string }>).map(({ name }) => name)
  }
  t.same(await accounts('/tag/SHARED/children'), [two.account, one.account])
  t.same(await accounts(`/tag/shared/children?query=${one.account.toUpperCase()}`), [one.account])
  t.same(await accounts('/tag/nobody-has-it/children'), [])
  const invalid = await blotre.read('/tag/abc123/children')
  t.equal(invalid.status, 422)
  t.same(invalid.json, apiError('Invalid tag'))
})

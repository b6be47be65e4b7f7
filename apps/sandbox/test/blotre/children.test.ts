import t from 'tap'
import type { Test } from 'tap'
import type { TestResponse } from '../open-test-sandbox.ts'
import { apiError, openTestBlotre } from './open-test-blotre.ts'

const blotre = await openTestBlotre(t)

function same (t: Test, { status, json }: TestResponse, expected: number, error: string): void {
  t.equal(status, expected)
  t.same(json, apiError(error))
}

t.test('links a stream of any user: 201, then 200', async (t) => {
  const [member, friend] = [await blotre.member(), await blotre.member()]
  const path = `/stream/${member.rootStream}/children/${friend.rootStream}`
  const linked = await member.api('PUT', path)
  t.equal(linked.status, 201)
  t.match(linked.json, { id: friend.rootStream, name: friend.account, owner: friend.userId })
  t.match(await member.api('PUT', path), { status: 200, json: { id: friend.rootStream } })
  t.match(await blotre.read(path), { status: 200, json: { id: friend.rootStream } })
})

t.test('unlinks a stream without deleting it', async (t) => {
  const [member, friend] = [await blotre.member(), await blotre.member()]
  const path = `/stream/${member.rootStream}/children/${friend.rootStream}`
  await member.api('PUT', path)
  t.match(await member.api('DELETE', path), { status: 200, json: { id: friend.rootStream } })
  same(t, await blotre.read(path), 404, 'Stream does not exist.')
  same(t, await member.api('DELETE', path), 404, 'Stream does not exist.')
  t.match(await blotre.read(`/stream/${friend.rootStream}`), { status: 200 })
})

t.test('removes links to a deleted stream', async (t) => {
  const [member, friend] = [await blotre.member(), await blotre.member()]
  const id = await blotre.makeStream(friend, 'gone')
  await member.api('PUT', `/stream/${member.rootStream}/children/${id}`)
  await friend.api('DELETE', `/stream/${id}`)
  t.same((await blotre.read(`/stream/${member.rootStream}/children`)).json, [])
})

t.test('has a stream below another as its child permanently', async (t) => {
  const member = await blotre.member()
  const id = await blotre.makeStream(member, 'below')
  const path = `/stream/${member.rootStream}/children/${id}`
  t.match(await blotre.read(path), { status: 200, json: { id } })
  same(t, await member.api('DELETE', path), 422, 'Cannot remove hierarchical child.')
  t.match(await member.api('PUT', path), { status: 200 })
  same(t, await member.api('DELETE', path), 422, 'Cannot remove hierarchical child.')
})

t.test('refuses a stream as its own child', async (t) => {
  const { api, rootStream } = await blotre.member()
  same(t, await api('PUT', `/stream/${rootStream}/children/${rootStream}`), 422, "I'm my own grandpa.")
})

t.test('reports which of the two does not exist or belongs to another user', async (t) => {
  const [{ api, rootStream }, friend] = [await blotre.member(), await blotre.member()]
  same(t, await api('PUT', `/stream/nowhere/children/${rootStream}`), 404, 'Parent stream does not exist.')
  same(t, await api('PUT', `/stream/${rootStream}/children/nowhere`), 404, 'Child stream does not exist.')
  same(t, await api('PUT', `/stream/${friend.rootStream}/children/${rootStream}`), 401, 'User does not have permission to add child.')
  await friend.api('PUT', `/stream/${friend.rootStream}/children/${rootStream}`)
  same(t, await api('DELETE', `/stream/${friend.rootStream}/children/${rootStream}`), 401, 'User does not have permission to edit stream.')
  same(t, await api('DELETE', `/stream/${rootStream}/children/nowhere`), 404, 'Stream does not exist.')
  same(t, await blotre.read(`/stream/${rootStream}/children/nowhere`), 404, 'Stream does not exist.')
})

t.test('finds children by color, tag and name', async (t) => {
  const [member, other] = [await blotre.member(), await blotre.member()]
  for (const each of [member, other]) {
    for (const [name, color] of [['red', '#ff0001'], ['green', '#00ff01']]) {
      await each.api('PUT', '/stream', { name, uri: `${each.account}/${name}`, status: { color }, tags: [{ tag: `is-${name}` }] })
    }
  }
  const found = async (text: string) => {
    const { json } = await blotre.read(`/stream/${member.rootStream}/children?query=${encodeURIComponent(text)}`)
    return (json as unknown as Array<{ uri: string }>).map(({ uri }) => uri.slice(member.account.length + 1))
  }
  t.same(await found(''), ['green', 'red'])
  t.same(await found('#ff0001'), ['red'])
  t.same(await found('#is-green'), ['green'])
  t.same(await found('RE'), ['green', 'red'])
  await member.api('PUT', '/stream', { name: 'red', uri: `${member.account}/red`, status: { color: '#ff0001' } })
  t.same(await found(''), ['red', 'green'], 'the latest change first')
})

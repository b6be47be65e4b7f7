import t from 'tap'
import { openTestPump } from './open-test-pump.ts'

const pump = await openTestPump(t)
const ann = await pump.join()
const bob = await pump.join()
const carol = await pump.join()
const feed = `/api/user/${ann.nickname}/feed`
const PUBLIC = { objectType: 'collection', id: 'http://activityschema.org/collection/public' }
const note = (content: string, id?: string): object => ({ objectType: 'note', content, ...(id !== undefined && { id }) })
const personOf = ({ nickname }: { nickname: string }): object => ({ objectType: 'person', id: `${pump.url}/api/user/${nickname}/profile` })

async function directOf (person: typeof ann): Promise<string[]> {
  const { json } = await person.call(`/api/user/${person.nickname}/inbox/direct`)
  return (json['items'] as Array<{ object: { content: string } }>).map(({ object }) => object.content)
}

t.test('accepts a person by account on its own port, and delivers nothing', async (t) => {
  const dora = await pump.join()
  const to = [{ objectType: 'person', id: `acct:${dora.account}` }]
  t.equal((await ann.call(feed, { method: 'POST', body: { verb: 'post', to, object: note('by account') } })).status, 200)
  t.same(await directOf(dora), [])
  await ann.post({ object: note('by profile'), to: [personOf(dora)] })
  t.same(await directOf(dora), ['by profile'])
})

t.test('returns 200 and the whole activity for a note', async (t) => {
  const { status, type, json } = await ann.call(feed, {
    method: 'POST', body: { verb: 'post', to: [PUBLIC], object: { objectType: 'note', displayName: 'A title', content: '<b>Hello</b>' } }
  })
  t.equal(status, 200)
  t.equal(type, 'application/json; charset=utf-8')
  t.match(json, {
    id: new RegExp(`^${pump.url}/api/activity/[\\w-]{22}$`),
    verb: 'post',
    actor: { objectType: 'person', id: `acct:${ann.account}`, preferredUsername: ann.nickname, links: { self: { href: `${pump.url}/api/user/${ann.nickname}/profile` } } },
    object: {
      objectType: 'note',
      id: new RegExp(`^${pump.url}/api/note/[\\w-]{22}$`),
      displayName: 'A title',
      content: '<b>Hello</b>',
      published: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
      likes: { totalItems: 0, url: /\/likes$/ },
      replies: { totalItems: 0 },
      shares: { totalItems: 0 },
      liked: false
    },
    to: [PUBLIC],
    generator: { objectType: 'service', displayName: 'Carillon', id: /^urn:uuid:[\da-f]{8}-[\da-f]{4}-5/ },
    content: /posted <a href='[^']*'>A title<\/a>/,
    links: { self: { href: json['id'] } }
  })
  t.notOk('author' in (json['object'] as object), 'whose it is goes without saying')
  t.match(await bob.call(String(json['id']).slice(pump.url.length)), { status: 200, json: { id: json['id'] } })
})

t.test('addresses followers by default', async (t) => {
  const { cc, verb } = await ann.post({ object: note('defaults'), to: [] })
  t.equal(verb, 'post')
  t.same(cc, [{ objectType: 'collection', id: `${pump.url}/api/user/${ann.nickname}/followers` }])
})

t.test('shows a note to its receivers', async (t) => {
  await bob.post({ verb: 'follow', object: personOf(ann) })
  const notes = {
    public: await ann.post({ object: note('to all'), to: [PUBLIC] }),
    followers: await ann.post({ object: note('to followers') }),
    bob: await ann.post({ object: note('to bob'), to: [personOf(bob)], bto: [personOf(carol)] })
  }
  const readers: Array<[string, typeof ann, Record<keyof typeof notes, number>]> = [
    ['ann', ann, { public: 200, followers: 200, bob: 200 }],
    ['bob', bob, { public: 200, followers: 200, bob: 200 }],
    ['carol', carol, { public: 200, followers: 403, bob: 200 }]
  ]
  for (const [name, reader, expected] of readers) {
    for (const kind of ['public', 'followers', 'bob'] as const) {
      const { id } = notes[kind]['object'] as { id: string }
      t.equal((await reader.call(id.slice(pump.url.length))).status, expected[kind], `${name} and ${kind}`)
    }
  }
  t.same(await directOf(bob), ['to bob'])
  t.same(await directOf(carol), ['to bob'], 'a blind copy')
  const path = String(notes.bob['id']).slice(pump.url.length)
  t.ok('bto' in (await ann.call(path)).json)
  t.notOk('bto' in (await bob.call(path)).json, 'of which others learn nothing')
})

t.test('refuses a repeated object id with a page, and returns the object by its id', async (t) => {
  const id = 'urn:uuid:6f1f3c5e-0000-4000-8000-000000000001'
  const path = `/api/note?id=${encodeURIComponent(id)}`
  t.match(await ann.call(path), { status: 404, json: { error: `Can't find a note with ID = ${id}` } })
  const { object } = await ann.post({ object: note('once', id), to: [PUBLIC] })
  t.match(object, { id, links: { self: { href: pump.url + path } }, likes: { url: `${pump.url}/api/note/likes?id=${encodeURIComponent(id)}` } })

  const again = await ann.call(feed, { method: 'POST', body: { object: note('once', id), to: [PUBLIC] } })
  t.equal(again.status, 500)
  t.equal(again.type, 'text/html; charset=utf-8')
  t.match(await bob.call(path), { status: 200, json: { id, content: 'once', author: { id: `acct:${ann.account}` } } })
  const delivered = (await pump.inbox(ann.account)).filter(({ item }) => (item as { object: { id: string } }).object.id === id)
  t.equal(delivered.length, 1)
})

t.test('knows an object after a response that the client never received', async (t) => {
  await pump.control('/faults', { provider: 'pumpio', match: `POST ${feed}`, reset: 'after', times: 1 })
  const id = 'urn:uuid:6f1f3c5e-0000-4000-8000-000000000002'
  await t.rejects(ann.call(feed, { method: 'POST', body: { object: note('lost response', id) } }))
  t.equal((await ann.call(`/api/note?id=${encodeURIComponent(id)}`)).status, 200)
})

t.test('refuses invalid input', async (t) => {
  const rows: Array<[object, number, object]> = [
    [{ actor: personOf(bob), object: note('x') }, 400, { error: 'Invalid actor' }],
    [{ verb: 'update', object: { objectType: 'note', id: 'urn:none' } }, 400, { error: "No such 'note' with id 'urn:none'" }],
    [{ verb: 'follow', object: { objectType: 'person' } }, 400, { error: 'No object ID for activity undefined' }],
    [{ verb: 'post' }, 500, {}],
    [{ object: { objectType: 'note', displayName: 7 } }, 500, {}]
  ]
  for (const [body, status, json] of rows) t.match(await ann.call(feed, { method: 'POST', body }), { status, json }, JSON.stringify(body))
})

t.test('separates major and minor activities', async (t) => {
  t.match(await ann.call(`${feed}/minor`, { method: 'POST', body: { object: note('x') } }), { status: 400, json: { error: 'Only minor activities to this feed.' } })
  t.match(await ann.call(`${feed}/major`, { method: 'POST', body: { verb: 'follow', object: personOf(carol) } }), { status: 400, json: { error: 'Only major activities to this feed.' } })
  t.equal((await ann.call(`${feed}/major`, { method: 'POST', body: { object: note('major') } })).status, 200)
  t.equal((await ann.call(`${feed}/minor`, { method: 'POST', body: { verb: 'follow', object: personOf(carol) } })).status, 200)
  const verbs = async (path: string): Promise<string[]> => {
    return ((await ann.call(path)).json['items'] as Array<{ verb: string }>).map(({ verb }) => verb)
  }
  t.same([...new Set(await verbs(`${feed}/major`))], ['post'])
  t.same(await verbs(`${feed}/minor`), ['follow'])
  t.same(await verbs(`/api/user/${ann.nickname}/inbox/minor`), ['follow', 'follow'], 'her own, and that bob follows her')
})

t.test('applies verbs', async (t) => {
  const { object } = await bob.post({ object: note('likeable'), to: [PUBLIC] })
  const { id } = object as { id: string }
  const path = id.slice(pump.url.length)
  const act = (person: typeof ann, verb: string, more: object = {}): ReturnType<typeof ann.call> => {
    return person.call(`/api/user/${person.nickname}/feed`, { method: 'POST', body: { verb, object: { objectType: 'note', id, ...more } } })
  }
  t.match(await act(ann, 'favorite'), { status: 200 })
  t.match(await act(ann, 'favorite'), { status: 400, json: { error: /^Already have a\(n\) 'favorite'/ } })
  t.match(await act(ann, 'share'), { status: 200 })
  t.match((await ann.call(path)).json, { liked: true, likes: { totalItems: 1 }, shares: { totalItems: 1 } })
  t.match((await ann.call(`${path}/likes`)).json, { totalItems: 1, items: [{ id: `acct:${ann.account}` }] })
  t.match(await act(ann, 'unfavorite'), { status: 200 })
  t.match(await act(ann, 'update', { content: 'mine now' }), { status: 400, json: { error: `Can't update ${id}: not author.` } })
  t.match(await act(bob, 'update', { content: 'better' }), { status: 200, json: { object: { content: 'better' } } })
  t.match(await act(bob, 'wave'), { status: 200, json: { verb: 'wave' } }, 'an unknown verb is accepted')

  await ann.post({ object: { objectType: 'comment', content: 'a reply', inReplyTo: { objectType: 'note', id } } })
  t.match((await bob.call(`${path}/replies`)).json, { totalItems: 1, items: [{ content: 'a reply' }] })

  t.match(await ann.call(path, { method: 'DELETE' }), { status: 403, json: { error: 'Only the author can modify this object.' } })
  t.match(await bob.call(path, { method: 'PUT', body: { content: 'best' } }), { status: 200, json: { content: 'best' } })
  t.match(await bob.call(path, { method: 'DELETE' }), { status: 200, text: '"Deleted"' })
  t.match(await bob.call(path), { status: 410, json: { error: 'Deleted' } })
})

t.test('adds activities to the inboxes of their receivers', async (t) => {
  const before = (await pump.inbox(bob.nickname)).length
  await ann.post({ object: note('seen by two'), to: [personOf(bob)] })
  const arrivals = await pump.inbox(bob.nickname)
  t.equal(arrivals.length, before + 1)
  t.match(arrivals.at(-1), {
    account: bob.account,
    provider: 'pumpio',
    request: { method: 'POST', path: feed, headers: { authorization: 'OAuth [redacted]' } },
    item: { verb: 'post', object: { content: 'seen by two' } }
  })
  t.match((await pump.inbox(ann.account)).at(-1), { account: ann.account, item: { object: { content: 'seen by two' } } })
})

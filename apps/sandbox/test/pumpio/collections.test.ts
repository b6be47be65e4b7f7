import t from 'tap'
import { openTestPump } from './open-test-pump.ts'

const pump = await openTestPump(t)
const ann = await pump.join()
const bob = await pump.join()
const feed = `/api/user/${ann.nickname}/feed`
const ids: string[] = []
t.before(async () => {
  for (let number = 0; number < 25; number++) {
    const { id } = await ann.post({ object: { objectType: 'note', content: String(number) } })
    ids.unshift(String(id))
  }
})

type Links = Record<string, { href: string } | undefined>

async function read (query: string, reader = ann): Promise<{ items: string[], total: unknown, links: Links }> {
  const { json } = await reader.call(feed + query)
  return { items: (json['items'] as Array<{ id: string }>).map(({ id }) => id), total: json['totalItems'], links: json['links'] as Links }
}

t.test('returns twenty by default, the newest first', async (t) => {
  const { items, total, links } = await read('')
  t.same(items, ids.slice(0, 20))
  t.equal(total, 25)
  t.same(links, {
    first: { href: pump.url + feed },
    self: { href: pump.url + feed },
    prev: { href: `${pump.url}${feed}?since=${encodeURIComponent(ids[0] ?? '')}` },
    next: { href: `${pump.url}${feed}?before=${encodeURIComponent(ids[19] ?? '')}` }
  })
  const { json } = await ann.call(feed)
  t.match(json, { displayName: `Activities by ${ann.nickname}`, objectTypes: ['activity'], url: pump.url + feed, author: { id: `acct:${ann.account}` } })
})

t.test('continues at its links', async (t) => {
  const { links } = await read('')
  const next = links['next']?.href.slice((pump.url + feed).length) ?? ''
  const older = await read(next)
  t.same(older.items, ids.slice(20))
  t.notOk(older.links['next'])
  t.same((await read(`?before=${encodeURIComponent(ids[3] ?? '')}&count=2`)).items, ids.slice(4, 6))
  t.same((await read(`?since=${encodeURIComponent(ids[6] ?? '')}&count=2`)).items, ids.slice(4, 6), 'the nearest of the newer ones')
  t.same((await read(`?since=${encodeURIComponent(ids[0] ?? '')}`)).items, [])
  t.same((await read('?offset=22')).items, ids.slice(22))
  t.same((await read('?count=0')).items, [])
  t.equal((await read('?count=200')).items.length, 25)
})

t.test('reports invalid arguments', async (t) => {
  const rows: Array<[string, string]> = [
    ['count=201', 'Count must be between 0 and 200'],
    ['count=-1', 'Count must be between 0 and 200'],
    ['count=many', 'Count must be between 0 and 200'],
    ['offset=-1', 'Offset must be an integer greater than or equal to zero'],
    ['before=a&since=b', "Can't have both 'before' and 'since' parameters"],
    ['before=a&offset=1', "Can't have both 'before' and 'offset' parameters"],
    ['since=a&offset=1', "Can't have both 'since' and 'offset' parameters"],
    ['before=', ' is null'],
    ['before=nowhere', "id 'nowhere' not found in stream 'user:user-1:feed'"]
  ]
  for (const [query, error] of rows) t.match(await ann.call(`${feed}?${query}`), { status: 400, json: { error } }, query)
})

t.test('counts only what the viewer may see', async (t) => {
  t.match(await read('', bob), { items: [], total: 0 })
  const keys = { clientId: bob.keys.clientId, clientSecret: bob.keys.clientSecret }
  t.match(await pump.call(feed, { keys }), { status: 200, json: { totalItems: 0 } })
})

t.test('lists people', async (t) => {
  const { json } = await bob.call(`/api/user/${bob.nickname}/following`, { method: 'POST', body: { objectType: 'person', id: `acct:${ann.account}` } })
  t.equal(json['id'], `acct:${ann.account}`)
  t.match((await ann.call(`/api/user/${ann.nickname}/followers`)).json, { totalItems: 1, objectTypes: ['person'], items: [{ id: `acct:${bob.account}` }] })
  t.match((await ann.call(`/api/user/${bob.nickname}/following`)).json, { totalItems: 1, items: [{ id: `acct:${ann.account}` }] })
  t.match((await ann.call(`/api/user/${ann.nickname}/lists/person`)).json, { totalItems: 0, items: [] })
  t.match((await read('', bob)).total, 25, 'and a follower sees it all')
})

t.test('returns a user, and redirects whoami', async (t) => {
  const { json } = await bob.call(`/api/user/${ann.nickname}`)
  t.match(json, { nickname: ann.nickname, published: /Z$/, profile: { objectType: 'person', followers: { totalItems: 1 }, pump_io: { followed: true } } })
  const { status, headers } = await ann.call('/api/whoami')
  t.equal(status, 302)
  t.match(await ann.call(String(headers.get('location')).slice(pump.url.length)), { status: 200, json: { id: `acct:${ann.account}` } })
})

t.test('names what does not exist', async (t) => {
  t.match(await ann.call('/api/thing?id=x'), { status: 404, json: { error: 'Unknown type: thing' } })
  t.match(await ann.call('/api/note'), { status: 400, json: { error: "'id' required" } })
  t.match(await ann.call('/api/note/x'), { status: 404, json: { error: "Can't find a note with ID = x" } })
  t.match(await ann.call('/api/activity/x'), { status: 404, json: { error: "Can't find an activity with id x" } })
  t.match(await ann.call('/api/a/b/c/d'), { status: 404, type: /^text\/html/, text: 'Cannot GET /api/a/b/c/d' })
})

t.test('lets an application create a user', async (t) => {
  const keys = await pump.register()
  const join = (body: object): ReturnType<typeof pump.call> => pump.call('/api/users', { method: 'POST', body, keys })
  const { status, json } = await join({ nickname: 'newcomer', password: 'sandbox-secret' })
  t.equal(status, 200)
  const { token, secret } = json as { token: string, secret: string }
  t.equal((await pump.call('/api/whoami', { keys: { ...keys, token, tokenSecret: secret } })).status, 302)
  t.match(await join({ nickname: 'newcomer', password: 'sandbox-secret' }), { status: 409, json: { error: "Already have a(n) 'user' with id 'newcomer'" } })
  t.match(await join({ nickname: 'new comer', password: 'sandbox-secret' }), { status: 400, json: { error: "Bad nickname: 'new comer'" } })
  t.match(await join({ nickname: 'other', password: 'short' }), { status: 400, json: { error: 'Bad password' } })
})

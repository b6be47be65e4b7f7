import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { PumpioMessage } from '../../src/pumpio/message.ts'
import { createPumpio } from '../../src/pumpio/pumpio.ts'
import { openPumpio, picture, refused } from './open-pumpio.ts'

const { simulator, host, pumpio, connectUser, call } = await openPumpio(t)

t.test('posts a note as HTML that displays exactly the text', async (t) => {
  const { person, credentials } = await connectUser()
  const key = randomUUID()
  const message: PumpioMessage & { level: string } = {
    type: 'note', title: 'A <b>title</b> & more', body: '<script>alert("x")</script>\r\n\'two\' & three', level: 'error'
  }
  await pumpio.send(message, key, credentials, call(t))
  const [arrival] = await simulator.inbox(person)
  t.same(arrival?.request.body, {
    verb: 'post',
    object: {
      objectType: 'note',
      id: `urn:uuid:${key}`,
      displayName: 'A <b>title</b> & more',
      content: '&#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62;<br>\n&#39;two&#39; &#38; three'
    }
  })
})

t.test('posts a link with its target', async (t) => {
  const { person, credentials } = await connectUser()
  await pumpio.send({ type: 'link', title: 'T', url: 'https://example.com/?a="><script>&b=1' }, randomUUID(), credentials, call(t))
  const [arrival] = await simulator.inbox(person)
  const displayed = 'https://example.com/?a=%22%3E%3Cscript%3E&#38;b=1'
  t.match(arrival?.request.body, { object: { content: `<a href="${displayed}">${displayed}</a>` } })
  for (const url of ['javascript:alert(1)', 'data:text/html,x', '/relative', '']) {
    await refused(t, pumpio.send({ type: 'link', url }, randomUUID(), credentials, call(t)), { kind: 'rejected' }, url)
  }
  t.equal((await simulator.inbox(person)).length, 1)
})

t.test('posts the actions as links after the text', async (t) => {
  const { person, credentials } = await connectUser()
  const actions = [{ title: 'Track <it>', url: 'https://example.com/7?a=b&c=d' }]
  await pumpio.send({ type: 'note', body: 'B', actions }, randomUUID(), credentials, call(t))
  await pumpio.send({ type: 'file', file: picture, actions }, randomUUID(), credentials, call(t))
  for (const { item } of await simulator.inbox(person)) {
    t.match(Object(item.object).content, /(^|^B<br>\n)<a href="https:\/\/example\.com\/7\?a=b&#38;c=d">Track &#60;it&#62;<\/a>$/)
  }
  for (const url of ['javascript:alert(1)', '/relative']) {
    await refused(t, pumpio.send({ type: 'note', body: 'B', actions: [{ title: 'T', url }] }, randomUUID(), credentials, call(t)), { kind: 'rejected' }, url)
    await refused(t, pumpio.send({ type: 'note', body: 'B', url }, randomUUID(), credentials, call(t)), { kind: 'rejected' }, url)
  }
  t.equal((await simulator.inbox(person)).length, 2)
})

t.test('uses the title as content when there is no other text', async (t) => {
  const { person, credentials } = await connectUser()
  await pumpio.send({ type: 'note', title: 'Only <this>' }, randomUUID(), credentials, call(t))
  const [arrival] = await simulator.inbox(person)
  t.match(arrival?.request.body, { object: { displayName: 'Only <this>', content: 'Only &#60;this&#62;' } })
})

t.test('addresses followers, everyone or people', async (t) => {
  const { person, credentials } = await connectUser()
  const name = credentials.account.split('@')[0]
  const followers = { objectType: 'collection', id: `http://${host}/api/user/${name}/followers` }
  const everybody = { objectType: 'collection', id: 'http://activityschema.org/collection/public' }
  const cases = [
    ['followers', { to: undefined, cc: undefined }, { cc: [followers] }],
    ['public', { to: [everybody], cc: [followers] }, { to: [everybody], cc: [followers] }],
    [['bob@pump.example'], { to: [{ objectType: 'person', id: 'acct:bob@pump.example' }], cc: undefined }, { to: [{ id: 'acct:bob@pump.example' }] }]
  ] as const
  for (const [audience, body, item] of cases) {
    await pumpio.send({ type: 'note', body: 'B' }, randomUUID(), { ...credentials, audience }, call(t))
    const arrival = (await simulator.inbox(person)).at(-1)
    t.match({ to: undefined, cc: undefined, ...Object(arrival?.request.body) }, body, String(audience))
    t.match(arrival?.item, item, String(audience))
  }
  const publicly = createPumpio({ application: { name: 'Carillon' }, insecureHosts: [host], audience: 'public' })
  await publicly.send({ type: 'note', body: 'B' }, randomUUID(), credentials, call(t))
  t.match((await simulator.inbox(person)).at(-1)?.request.body, { to: [everybody] }, 'as configured')
})

t.test('treats an existing note as sent, and a missing one as failed', async (t) => {
  const { person, credentials } = await connectUser()
  const key = randomUUID()
  await simulator.fault(t, { match: 'POST /api/user/', status: 500, times: 1 })
  await refused(t, pumpio.send({ type: 'note', body: 'B' }, key, credentials, call(t)), { kind: 'transient', status: 500 })
  await pumpio.send({ type: 'note', body: 'B' }, key, credentials, call(t))
  const readBacks = await simulator.calls('GET /api/:type')
  await pumpio.send({ type: 'note', body: 'B' }, key, credentials, call(t))
  t.equal(await simulator.calls('GET /api/:type'), readBacks + 1)
  await simulator.fault(t, { match: 'GET /api/note', status: 503, times: 1 })
  await refused(t, pumpio.send({ type: 'note', body: 'B' }, key, credentials, call(t)), { kind: 'transient', status: 503 })
  t.equal((await simulator.inbox(person)).length, 1)
})

t.test('uploads the bytes of an image and posts it with its texts', async (t) => {
  const { person, credentials } = await connectUser()
  const key = randomUUID()
  await pumpio.send({ type: 'file', title: 'A dot', body: 'one <pixel>', file: picture }, key, credentials, call(t))
  const [arrival] = await simulator.inbox(person)
  t.match(arrival?.item, { id: `urn:uuid:${key}`, verb: 'post', object: { objectType: 'image', displayName: 'A dot', content: 'one &#60;pixel&#62;' } })
  const { image } = Object(arrival?.item.object)
  const path = new URL(image.url).pathname
  const { url, headers } = await pumpio.authorize({ method: 'GET', path }, credentials, call(t))
  const stored = await fetch(url, { headers })
  t.equal(Buffer.from(await stored.arrayBuffer()).toString('base64'), picture.data)
})

t.test('posts an image once, whichever request fails', async (t) => {
  for (const match of ['GET /api/user/', 'POST /api/user/']) {
    for (const times of [1, 2, 3]) {
      const { person, credentials } = await connectUser()
      const key = randomUUID()
      const message: PumpioMessage = { type: 'file', title: 'T', file: picture }
      for (let lost = 0; lost < times; lost++) {
        await simulator.fault(t, { match, reset: 'after', times: 1 })
        await refused(t, pumpio.send(message, key, credentials, call(t)), { kind: 'transient' })
      }
      await pumpio.send(message, key, credentials, call(t))
      await pumpio.send(message, key, credentials, call(t))
      t.equal((await simulator.inbox(person)).length, 1, `${match} ${times}`)
    }
  }
})

t.test('explains why it refuses other files', async (t) => {
  const { person, credentials } = await connectUser()
  for (const type of ['text/plain', 'application/pdf', 'image/svg+xml', 'text/html', 'video/mp4', '']) {
    await refused(t, pumpio.send({ type: 'file', file: { ...picture, type } }, randomUUID(), credentials, call(t)),
      { kind: 'rejected', reason: /only images/ }, type)
  }
  await refused(t, pumpio.send({ type: 'file' }, randomUUID(), credentials, call(t)), { kind: 'rejected', reason: /needs a file/ })
  const large = { ...picture, data: Buffer.alloc(10 * 1024 * 1024 + 1).toString('base64') }
  await refused(t, pumpio.send({ type: 'file', file: large }, randomUUID(), credentials, call(t)), { kind: 'rejected', reason: /larger/ })
  t.same(await simulator.inbox(person), [])
})

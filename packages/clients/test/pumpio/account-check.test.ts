import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import t from 'tap'
import { createHttp } from '@carillon/http'
import { createPumpio } from '../../src/pumpio/pumpio.ts'
import { openPumpio, refused } from './open-pumpio.ts'
import { application, call, pump, respond, token } from './fake-pump.ts'

const note = { type: 'note', body: 'B' } as const
const gone = { kind: 'unauthorized', reason: 'the account does not exist at its host any more' }

t.test('detects that an account was deleted whose token crashes the server', async (t) => {
  const { simulator, pumpio, connectUser, call } = await openPumpio(t)
  const { person, credentials } = await connectUser()
  const other = await connectUser()
  await simulator.control('pumpio/delete-user', { account: person.name })
  await refused(t, pumpio.send(note, randomUUID(), credentials, call(t)), gone, 'sending')
  await refused(t, pumpio.identify(credentials, call(t)), { kind: /transient|unauthorized/ }, 'identifying')
  t.ok(await pumpio.send(note, randomUUID(), other.credentials, call(t)), 'other accounts still work')
})

t.test('does not mistake other resets for a deleted account, and limits its queries', async (t) => {
  let [webfingers, requests] = [0, 0]
  let answerWebfinger = (response: ServerResponse): void => respond(response, { links: [] })
  let feed: 'reset' | 'works' = 'reset'
  const host = await pump(t, {
    '/.well-known/webfinger': (request, response) => {
      webfingers++
      t.equal(new URL(request.url ?? '', 'http://x').searchParams.get('resource'), `acct:alice@${host}`)
      answerWebfinger(response)
    },
    '/api/user/alice/feed': (_, response) => {
      requests++
      if (feed === 'reset') response.socket?.resetAndDestroy()
      else respond(response, { id: 'a' })
    }
  })
  const pumpio = createPumpio({ application, insecureHosts: [host] })
  const http = createHttp({ trustedOrigins: pumpio.origins, allowPrivateHosts: [] })
  t.teardown(() => http.close())
  let now = Date.now()
  const credentials = pumpio.parseCredentials({ ...token, account: `alice@${host}` })
  const send = () => pumpio.send(note, randomUUID(), credentials, { ...call(t, http), now: () => now })
  const reset = { kind: 'transient', reason: /connection lost/ }
  const undecided = { kind: 'transient', reason: 'the host does not say whether the account exists' }

  await refused(t, send(), reset, 'the account is there')
  t.same([requests, webfingers], [1, 1])
  now += 60_000
  const answers: Array<[number, string, object]> = [
    [404, '<html>No such \'user\' with id \'alice\'</html>', reset],
    [404, "No such 'user' with id 'bob'", undecided],
    [404, 'Unrecognized host', undecided],
    [500, "No such 'user' with id 'alice'", undecided],
    [200, '<h1>Log in</h1>', undecided]
  ]
  for (const [status, body, expected] of answers) {
    answerWebfinger = (response) => { response.writeHead(status).end(body) }
    await refused(t, send(), expected, `${status} ${body}`)
    now += 60_000
  }
  t.same([requests, webfingers], [2, 6], 'it queries the account before it risks another crash')
  now -= 60_000 - 1_000
  await refused(t, send(), undecided, 'it was asked a moment ago')
  t.same([requests, webfingers], [2, 6])
  now += 60_000
  feed = 'works'
  answerWebfinger = (response) => respond(response, { links: [] })
  t.ok(await send(), 'the account exists, so its request is sent')
  t.ok(await send())
  t.same([requests, webfingers], [4, 7], 'and it makes no further query')
  feed = 'reset'
  now += 60_000
  answerWebfinger = (response) => { response.writeHead(404).end("No such 'user' with id 'alice'") }
  await refused(t, send(), gone, 'its own sentence about this very name')
})

t.test('addresses people on a host with a port by their profile', async (t) => {
  const { host, pumpio, connectUser, call, simulator } = await openPumpio(t)
  const [author, reader] = [await connectUser(), await connectUser()]
  const credentials = { ...author.credentials, audience: [reader.credentials.account] }
  await pumpio.send(note, randomUUID(), credentials, call(t))
  t.match(await simulator.inbox(reader.person), [{ item: { object: { content: 'B' } } }], 'the message arrives')
  t.match(await simulator.inbox(reader.person), [{ item: { to: [{ id: `http://${host}/api/user/${reader.person.name.split('@')[0]}/profile` }] } }])
})

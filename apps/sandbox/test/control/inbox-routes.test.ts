import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

const sandbox = await openTestSandbox(t)

t.test('lists arrivals in order, with their requests without credentials', async (t) => {
  const { account, accessToken, v2 } = await sandbox.join()
  for (const body of ['one', 'two']) await v2('POST', '/pushes', { body: { type: 'note', body, device_id: 'typo' }, headers: { 'x-mine': 'kept' } })
  const arrivals = await sandbox.inbox(`&account=${account}`)
  t.match(arrivals, [
    {
      id: /^\d+$/,
      at: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/,
      provider: 'pushbullet',
      account,
      request: {
        method: 'POST',
        path: '/pushbullet/v2/pushes',
        headers: { 'access-token': '[redacted]', 'content-type': 'application/json', 'x-mine': 'kept' },
        body: { type: 'note', body: 'one', device_id: 'typo' }
      },
      item: { iden: String, type: 'note', body: 'one' }
    },
    { item: { body: 'two' } }
  ])
  t.notMatch(JSON.stringify(arrivals), accessToken)
})

t.test('redacts every header with a token, and keeps the scheme', async (t) => {
  const { account, accessToken } = await sandbox.join()
  const basic = `Basic ${Buffer.from(`${accessToken}:`).toString('base64')}`
  for (const authorization of [basic, `Bearer ${accessToken}`]) {
    await sandbox.call('POST', '/pushbullet/v2/pushes', { body: { type: 'note' }, headers: { authorization, cookie: 'a=b' } })
  }
  const arrivals = await sandbox.inbox(`&account=${account}`)
  t.match(arrivals, [
    { request: { headers: { authorization: 'Basic [redacted]', cookie: '[redacted]' } } },
    { request: { headers: { authorization: 'Bearer [redacted]' } } }
  ])
  t.notMatch(JSON.stringify(arrivals), accessToken)
  t.notMatch(JSON.stringify(arrivals), basic.slice('Basic '.length))
})

t.test('keeps a push as it arrived, whatever happens to it later', async (t) => {
  const { account, v2 } = await sandbox.join()
  const { json: { iden } } = await v2('POST', '/pushes', { body: { type: 'note', body: 'b' } })
  await v2('POST', `/pushes/${iden}`, { body: { dismissed: true } })
  await v2('DELETE', `/pushes/${iden}`)
  const [arrival] = await sandbox.inbox(`&account=${account}`)
  t.match(arrival, { item: { iden, body: 'b', active: true } })
  t.notOk('dismissed' in (arrival?.['item'] as object))
})

t.test('continues after a cursor, which is the id of an arrival', async (t) => {
  const { account, v2 } = await sandbox.join()
  for (const body of ['1', '2', '3', '4', '5']) await v2('POST', '/pushes', { body: { type: 'note', body } })

  const seen: unknown[] = []
  let cursor: unknown = ''
  do {
    const { json } = await sandbox.call('GET', `/_control/inbox?provider=pushbullet&account=${account}&limit=2&cursor=${cursor}`)
    seen.push(...(json['data'] as Array<{ item: { body: string } }>).map(({ item }) => item.body))
    cursor = json['nextCursor']
  } while (cursor !== null)
  t.same(seen, ['1', '2', '3', '4', '5'])

  const all = await sandbox.inbox(`&account=${account}`)
  t.same(await sandbox.inbox(`&account=${account}&cursor=${all[3]?.['id']}`), all.slice(4))
  t.same(await sandbox.inbox(`&account=${account}&cursor=${all[4]?.['id']}`), [])
})

t.test('continues its ids after a reset, so that an old cursor skips nothing', async (t) => {
  const { v2 } = await sandbox.join()
  await v2('POST', '/pushes', { body: { type: 'note', body: 'before' } })
  const cursor = (await sandbox.inbox()).at(-1)?.['id']
  await sandbox.call('POST', '/_control/reset')
  t.same(await sandbox.inbox(), [])
  await (await sandbox.join()).v2('POST', '/pushes', { body: { type: 'note', body: 'after' } })
  t.match(await sandbox.inbox(`&cursor=${cursor}`), [{ item: { body: 'after' } }])
})

t.test('refuses an invalid query, in JSON', async (t) => {
  for (const [query, words] of [
    ['provider=carrier-pigeon', /^provider: got "carrier-pigeon", expected one of pushbullet/],
    ['cursor=x', /^cursor: got "x"/],
    ['limit=0', /^limit: got "0"/],
    ['acount=alice', /acount|additional/]
  ] as const) {
    t.match(await sandbox.call('GET', `/_control/inbox?${query}`), { status: 400, json: { error: words } })
  }
  t.match(await sandbox.call('GET', '/_control/nothing'), { status: 404, json: { error: 'there is no control call GET /_control/nothing' } })
})

t.test('counts what reached each account, and deletes it without the accounts', async (t) => {
  const [ann, bob] = [await sandbox.join(), await sandbox.join()]
  for (const { v2 } of [ann, bob, ann]) await v2('POST', '/pushes', { body: { type: 'note' } })
  const counts = async () => (await sandbox.call('GET', '/_control/inbox/pushbullet/counts')).json['data']
  t.match(await counts(), { [ann.account]: 2, [bob.account]: 1 })
  t.same((await sandbox.call('DELETE', '/_control/inbox')).json, { reset: true })
  t.same(await counts(), {})
  await ann.v2('POST', '/pushes', { body: { type: 'note' } })
  t.match(await counts(), { [ann.account]: 1 })
})

import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

const sandbox = await openTestSandbox(t)

type Push = Record<string, unknown> & { iden: string, created: number, modified: number }
const pushesOf = ({ json }: { json: Record<string, unknown> }): Push[] => (json['pushes'] ?? []) as Push[]

t.test('returns a new push with 200', async (t) => {
  const { account, v2 } = await sandbox.join()
  const { status, json } = await v2('POST', '/pushes', { body: { type: 'note', title: 'Hello', body: 'World', guid: 'g' } })
  t.equal(status, 200)
  t.match(json, {
    iden: String,
    active: true,
    created: Number,
    modified: Number,
    type: 'note',
    guid: 'g',
    direction: 'self',
    sender_iden: String,
    sender_email: `${account}@pushbullet.example`,
    sender_email_normalized: `${account}@pushbullet.example`,
    sender_name: String,
    receiver_iden: String,
    receiver_email: `${account}@pushbullet.example`,
    client_iden: String,
    title: 'Hello',
    body: 'World'
  })
  t.notOk('dismissed' in json, 'false values are omitted')
})

t.test('keeps only the fields of each type', async (t) => {
  const { v2 } = await sandbox.join()
  const all = { title: 't', body: 'b', url: 'http://u.example', file_name: 'n', file_type: 'image/png', file_url: 'http://f.example' }
  const content = async (type: string): Promise<string[]> => {
    const { json } = await v2('POST', '/pushes', { body: { ...all, type } })
    return Object.keys(json).filter((key) => key in all || key === 'image_url').sort()
  }
  t.same(await content('note'), ['body', 'title'])
  t.same(await content('link'), ['body', 'title', 'url'])
  t.same(await content('file'), ['body', 'file_name', 'file_type', 'file_url', 'image_url'])
})

t.test('accepts forms too', async (t) => {
  const { v2 } = await sandbox.join()
  const { status, json } = await v2('POST', '/pushes', { body: new URLSearchParams({ type: 'note', title: 'Hello' }) })
  t.equal(status, 200)
  t.match(json, { type: 'note', title: 'Hello' })
})

t.test('omits empty values at every depth', async (t) => {
  const { v2 } = await sandbox.join()
  const body = { type: 'note', title: '', body: 'b', guid: '', url: null, device_iden: '' }
  const { json } = await v2('POST', '/pushes', { body })
  for (const [key, value] of Object.entries(json)) t.ok(value !== null && value !== false && value !== '', key)
  t.same(['title', 'guid', 'url'].filter((key) => key in json), [])

  const { v2: other } = await sandbox.join()
  t.equal((await other('GET', '/pushes')).text, '{}')
})

t.test('gives every change a later time with fractions', async (t) => {
  const { v2 } = await sandbox.join()
  const times: number[] = []
  for (let index = 0; index < 50; index++) {
    const { json } = await v2('POST', '/pushes', { body: { type: 'note', body: String(index) } })
    times.push(Number(json['modified']))
  }
  t.ok(times.every((time, index) => index === 0 || time > Number(times[index - 1])))
  t.ok(times.some((time) => !Number.isInteger(time)))
  t.ok(Math.abs(Number(times[0]) - Date.now() / 1000) < 60, 'unix seconds')
})

t.test('returns the existing push of a guid', async (t) => {
  const { account, v2 } = await sandbox.join()
  const first = await v2('POST', '/pushes', { body: { type: 'note', body: 'one', guid: 'same' } })
  const again = await v2('POST', '/pushes', { body: { type: 'note', body: 'two', guid: 'same' } })
  t.equal(again.status, 200)
  t.same(again.json, first.json)
  t.equal((await sandbox.inbox(`&account=${account}`)).length, 1)

  const { account: other, v2: asOther } = await sandbox.join()
  await asOther('POST', '/pushes', { body: { type: 'note', body: 'one', guid: 'same' } })
  t.equal((await sandbox.inbox(`&account=${other}`)).length, 1, 'a guid is its account\'s own')
})

t.test('creates one push for two simultaneous requests with one guid', async (t) => {
  const { account, v2 } = await sandbox.join()
  const post = () => v2('POST', '/pushes', { body: { type: 'note', body: 'one', guid: 'race' } })
  const responses = await Promise.all([post(), post(), post(), post()])
  t.equal(new Set(responses.map(({ json }) => json['iden'])).size, 1)
  t.equal((await sandbox.inbox(`&account=${account}`)).length, 1)
})

t.test('ignores unknown parameters: a misspelled target notifies every device', async (t) => {
  const { v2 } = await sandbox.join()
  const { status, json } = await v2('POST', '/pushes', { body: { type: 'note', body: 'b', device_id: 'x', dismissed: true, iden: 'mine' } })
  t.equal(status, 200)
  t.same(['device_id', 'target_device_iden', 'dismissed'].filter((key) => key in json), [])
  t.not(json['iden'], 'mine')
})

t.test('refuses an unknown target, and names the parameter', async (t) => {
  const { v2 } = await sandbox.join()
  for (const [param, value] of [['device_iden', 'nope'], ['email', 'nobody'], ['channel_tag', 'nope'], ['client_iden', 'nope']] as const) {
    const { status, json } = await v2('POST', '/pushes', { body: { type: 'note', body: 'b', [param]: value } })
    t.equal(status, 400)
    t.match(json, { error: { type: 'invalid_request', message: `The param '${param}' has an invalid value.`, param, cat: String } })
  }
  t.equal((await v2('GET', '/pushes')).text, '{}', 'nothing was pushed')
})

t.test('refuses an invalid push', async (t) => {
  const { v2 } = await sandbox.join()
  const refused: Array<[string, unknown]> = [
    ['type', {}],
    ['type', { type: 'address' }],
    ['type', { type: 'list' }],
    ['title', { type: 'note', title: 5 }],
    ['file_url', { type: 'file', file_name: 'a' }]
  ]
  for (const [param, body] of refused) t.match(await v2('POST', '/pushes', { body }), { status: 400, json: { error: { param } } })
  for (const body of ['{', '[]', '"text"']) {
    const response = await v2('POST', '/pushes', { body, headers: { 'content-type': 'application/json' } })
    t.match(response, { status: 400, json: { error: { type: 'invalid_request', message: String, cat: String } } })
  }
})

t.test('reads no fields from a body of another content type, or without a body', async (t) => {
  const { v2 } = await sandbox.join()
  for (const type of ['text/plain', 'application/xml']) {
    const response = await v2('POST', '/pushes', { body: '{"type":"note"}', headers: { 'content-type': type } })
    t.match(response, { status: 400, json: { error: { param: 'type' } } })
  }
  t.match(await v2('POST', '/pushes'), { status: 400, json: { error: { param: 'type' } } })
  t.match(await v2('DELETE', '/pushes', { body: '', headers: { 'content-type': 'application/json' } }), { status: 200 })
})

t.test('pushes to one device', async (t) => {
  const { v2 } = await sandbox.join()
  const { json: { iden } } = await v2('POST', '/devices', { body: { nickname: 'Desk' } })
  const { status, json } = await v2('POST', '/pushes', { body: { type: 'note', body: 'b', device_iden: iden } })
  t.equal(status, 200)
  t.equal(json['target_device_iden'], iden)
})

t.test('pushes to another account by its e-mail address', async (t) => {
  const sender = await sandbox.join()
  const receiver = await sandbox.join()
  const body = { type: 'note', body: 'b', email: `${receiver.account.toUpperCase()}@pushbullet.example` }
  const { json } = await sender.v2('POST', '/pushes', { body })
  t.match(json, { direction: 'outgoing', receiver_email: `${receiver.account}@pushbullet.example` })
  t.match(pushesOf(await receiver.v2('GET', '/pushes')), [{ direction: 'incoming', sender_email: `${sender.account}@pushbullet.example` }])
  t.equal((await sandbox.inbox(`&account=${receiver.account}`)).length, 1)
  t.equal((await sandbox.inbox(`&account=${sender.account}`)).length, 0)
})

t.test('mails a receiver without an account, and shows the push at the sender', async (t) => {
  const { account, v2 } = await sandbox.join()
  const { json } = await v2('POST', '/pushes', { body: { type: 'note', body: 'b', email: 'Friend@else.example' } })
  t.match(json, { direction: 'outgoing', receiver_email: 'Friend@else.example', receiver_email_normalized: 'friend@else.example' })
  t.equal((await sandbox.inbox(`&account=${account}`)).length, 1)
})

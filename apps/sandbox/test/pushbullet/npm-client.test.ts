import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import PushBullet from 'pushbullet'
import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

// The npm client `pushbullet`. Its class has properties for the addresses.
const sandbox = await openTestSandbox(t)
const { API_BASE: original } = PushBullet
for (const [name, value] of Object.entries(PushBullet)) {
  if (typeof value === 'string') Object.assign(PushBullet, { [name]: value.replace(original, `${sandbox.url}/pushbullet/v2`) })
}

const { account, accessToken } = await sandbox.join()
const client = new PushBullet(accessToken)
const arrived = async () => (await sandbox.inbox(`&account=${account}`)).map(({ item }) => item)

t.test('returns the user and its devices', async (t) => {
  t.match(await read(client.me()), { iden: String, email: `${account}@pushbullet.example`, max_upload_size: 26_214_400 })
  t.match(await read(client.devices()), { devices: [{ iden: String, active: true, icon: 'phone' }] })
})

t.test('sends a note and a link to all devices', async (t) => {
  t.match(await read(client.note({}, 'Title', 'Body')), { iden: String, type: 'note', title: 'Title', body: 'Body' })
  t.match(await read(client.link({}, 'Title', 'https://example.com/', 'Body')), { type: 'link', url: 'https://example.com/' })
  t.match(await arrived(), [
    { type: 'note', title: 'Title', body: 'Body' }, { type: 'link', title: 'Title', url: 'https://example.com/', body: 'Body' }
  ])
})

t.test('uploads a file and sends it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'pushbullet-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'menu.txt'), 'Soup')
  const pushed = await read(client.file({}, join(folder, 'menu.txt'), 'Today'))
  t.match(pushed, { type: 'file', file_name: 'menu.txt', file_type: 'text/plain', file_url: String, body: 'Today' })
  const { file_url: url } = pushed as { file_url: string }
  const stored = await fetch(url)
  t.equal(stored.headers.get('content-type'), 'text/plain')
  // Release 3.0.0 adds a stream to a form, which converts it to text, so the name of the stream arrives.
  t.equal(await stored.text(), '[object Object]')
})

t.test('lists sent pushes by page, the latest first', async (t) => {
  const first = await read(client.history({ limit: 2 })) as { pushes: unknown[], cursor: string }
  t.match(first, { pushes: [{ type: 'file' }, { type: 'link' }], cursor: String })
  const rest = await read(client.history({ limit: 2, cursor: first.cursor })) as { pushes: unknown[], cursor?: string }
  t.match(rest, { pushes: [{ type: 'note' }] })
  t.same([first.pushes.length, rest.pushes.length, rest.cursor], [2, 1, undefined])
})

t.test('dismisses and deletes', async (t) => {
  const { iden } = await read(client.note({}, 'Brief', '')) as { iden: string }
  t.match(await read(client.dismissPush(iden)), { iden, dismissed: true })
  t.same(await read(client.deletePush(iden)), {})
  const { pushes } = await read(client.history()) as { pushes: Array<{ iden: string }> }
  t.equal(pushes.length, 3)
  t.notOk(pushes.some((push) => push.iden === iden), 'it asks for the active ones alone')
})

t.test('sends a push with a guid once', async (t) => {
  const push = () => read(client.push({}, { type: 'note', title: 'Once', guid: 'a-guid' }))
  t.same(await push(), await push())
  t.equal((await arrived()).filter((item) => (item as { title?: string }).title === 'Once').length, 1)
})

t.test('receives the error', async (t) => {
  const response = await new PushBullet('o.unknown').me()
  t.equal(response.status, 401)
  t.match(await response.json(), { error: { code: 'invalid_access_token' }, error_code: 'invalid_access_token' })
  const nowhere = await client.note({ device_iden: 'unknown' }, 'T', 'B')
  t.equal(nowhere.status, 400)
  t.match(await nowhere.json(), { error: { param: 'device_iden' } })
})

async function read (asked: ReturnType<PushBullet['me']>): Promise<unknown> {
  const response = await asked
  if (response.status !== 200) throw new Error(`${response.status} ${JSON.stringify(await response.json())}`)
  return await response.json()
}

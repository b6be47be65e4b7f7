import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

const sandbox = await openTestSandbox(t)
const { v2, account } = await sandbox.join()

async function request (): Promise<{ upload: string, file: string, json: Record<string, unknown> }> {
  const { json } = await v2('POST', '/upload-request', { body: { file_name: 'a/b/cat picture.png', file_type: 'image/png' } })
  const path = (member: string): string => String(json[member]).slice(sandbox.url.length)
  return { upload: path('upload_url'), file: path('file_url'), json }
}

function form (name: string, content: string | Uint8Array): FormData {
  const data = new FormData()
  data.append('key', 'what older clients send along')
  data.append(name, new Blob([content]), 'cat.png')
  return data
}

t.test('returns the name, the type and the addresses of the upload', async (t) => {
  const { json } = await request()
  t.match(json, {
    file_name: 'cat picture.png',
    file_type: 'image/png',
    file_url: /^http:.*\/cat%20picture\.png$/,
    upload_url: /^http:/,
    data: Object
  })
})

t.test('accepts the part named file without a token, and returns 204 without a body', async (t) => {
  const { upload, file } = await request()
  t.match(await sandbox.call('GET', file), { status: 404 })
  const { status, text } = await sandbox.call('POST', upload, { body: form('file', 'meow') })
  t.equal(status, 204)
  t.equal(text, '')
  const response = await sandbox.call('GET', file)
  t.equal(response.status, 200)
  t.equal(response.text, 'meow')
  t.equal(response.headers.get('content-type'), 'image/png')
})

t.test('accepts that part without a file name', async (t) => {
  const { upload, file } = await request()
  const data = new FormData()
  data.append('file', 'meow')
  t.equal((await sandbox.call('POST', upload, { body: data })).status, 204)
  t.equal((await sandbox.call('GET', file)).text, 'meow')
})

t.test('refuses a form without that part, and an upload without a request', async (t) => {
  const { upload } = await request()
  t.match(await sandbox.call('POST', upload, { body: form('picture', 'meow') }), { status: 400, json: { error: { param: 'file' } } })
  t.match(await sandbox.call('POST', upload, { body: 'meow' }), { status: 400, json: { error: { param: 'file' } } })
  t.match(await sandbox.call('POST', '/pushbullet/upload/none', { body: form('file', 'meow') }), { status: 404 })
})

t.test('refuses more than max_upload_size', async (t) => {
  const { upload, file } = await request()
  t.match(await sandbox.call('POST', upload, { body: form('file', new Uint8Array(26214401)) }), { status: 413, json: { error: Object } })
  t.match(await sandbox.call('GET', file), { status: 404 })
})

t.test('requires a token and a name', async (t) => {
  t.match(await sandbox.call('POST', '/pushbullet/v2/upload-request', { body: { file_name: 'a' } }), { status: 401 })
  t.match(await v2('POST', '/upload-request', { body: { file_type: 'a/b' } }), { status: 400, json: { error: { param: 'file_name' } } })
})

t.test('shows a pushed file in the inbox', async (t) => {
  const { upload, json } = await request()
  await sandbox.call('POST', upload, { body: form('file', 'meow') })
  const { file_name: name, file_type: type, file_url: url } = json
  const push = await v2('POST', '/pushes', { body: { type: 'file', body: 'look', file_name: name, file_type: type, file_url: url } })
  t.match(push, { status: 200, json: { type: 'file', file_name: name, file_url: url, image_url: url } })
  t.match(await sandbox.inbox(`&account=${account}`), [{ item: { type: 'file', body: 'look', file_url: url } }])
})

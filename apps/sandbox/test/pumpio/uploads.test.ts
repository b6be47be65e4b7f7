import t from 'tap'
import { openTestPump, PIXEL } from './open-test-pump.ts'

const pump = await openTestPump(t)
const ann = await pump.join()
const bob = await pump.join()
const uploads = `/api/user/${ann.nickname}/uploads`

const upload = (body: Buffer | object, type = Buffer.isBuffer(body) ? 'image/png' : 'application/json'): ReturnType<typeof ann.call> => {
  return ann.call(uploads, { method: 'POST', body, headers: { 'content-type': type } })
}

t.test('accepts bytes, and posts the upload', async (t) => {
  const { status, json } = await upload(PIXEL)
  t.equal(status, 200)
  t.match(json, { objectType: 'image', id: `${pump.url}/api/image/`, image: { width: 1, height: 1, url: /^http.*\/uploads\/user-1\/.*\.png$/ }, fullImage: { width: 1 } })
  const file = (json['image'] as { url: string }).url.slice(pump.url.length)
  const self = String(json['id']).slice(pump.url.length)
  t.match(await bob.call(self), { status: 403, json: { error: 'No authorization for this object.' } }, 'not posted yet')
  t.equal((await bob.call(file)).status, 403)

  const posted = await ann.post({ verb: 'post', object: json, to: [{ objectType: 'collection', id: 'http://activityschema.org/collection/public' }] })
  t.match(posted, { verb: 'post', object: { id: json['id'], image: { width: 1 } } })
  await ann.post({ verb: 'update', object: { ...json, displayName: 'One pixel', content: 'Small' } })
  t.match(await bob.call(self), { status: 200, json: { displayName: 'One pixel', content: 'Small' } })

  const response = await pump.call(file)
  t.equal(response.status, 200, 'a public upload needs no token')
  t.equal(response.type, 'image/png')
  t.equal((await pump.inbox(ann.account)).length, 1, 'an update is no news')
})

t.test('refuses a picture to other users, as text outside the API', async (t) => {
  const { json } = await upload(PIXEL)
  const response = await pump.call((json['image'] as { url: string }).url.slice(pump.url.length), { headers: { accept: 'image/png' } })
  t.match(response, { status: 403, type: 'text/plain', text: 'Not allowed' })
})

t.test('accepts base64 in JSON', async (t) => {
  const { status, json } = await upload({ mimeType: 'image/png', data: PIXEL.toString('base64url') })
  t.match({ status, json }, { status: 200, json: { objectType: 'image', image: { width: 1 } } })
  t.match(await upload({ data: 'x' }), { status: 400, json: { error: 'No mime type' } })
  t.match(await upload({ mimeType: 'image/png' }), { status: 400, json: { error: 'No data' } })
  const tooMuch = await upload({ mimeType: 'image/png', data: 'A'.repeat(110_000) })
  t.match(tooMuch, { status: 413, type: /^text\/html/ }, 'JSON holds no more than a hundred kilobytes')
})

t.test('creates other objects for other content types', async (t) => {
  t.match((await upload(Buffer.from('x'), 'audio/ogg')).json, { objectType: 'audio', stream: { url: /\.ogg$/ } })
  t.match((await upload(Buffer.from('x'), 'application/pdf')).json, { objectType: 'file', mimeType: 'application/pdf' })
  t.match(await upload(Buffer.from('no picture')), { status: 500, type: /^text\/html/ })
})

t.test('ignores multipart', async (t) => {
  const form = new FormData()
  form.append('file', new Blob([PIXEL], { type: 'image/png' }), 'pixel.png')
  const body = Buffer.from(await new Response(form).arrayBuffer())
  t.match(await upload(body, 'multipart/form-data; boundary=x'), { status: 500, type: /^text\/html/ })
})

t.test('lists uploads for their owner', async (t) => {
  t.match((await ann.call(uploads)).json, { totalItems: 5, items: [{ objectType: 'file' }, { objectType: 'audio' }, { objectType: 'image' }] })
  t.match(await bob.call(uploads), { status: 401, json: { error: 'Not authorized' } })
})

import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { encodeMultipart } from '../../src/formats/multipart.ts'

t.test('wraps a form around the bytes of a file', async (t) => {
  const bytes = Buffer.from('\r\n\r\n--\0 bytes \r\n--')
  const text = 'a\r\n\r\nb "c"'
  const { headers, body } = await encodeMultipart({ one: text, two: '{}' }, { field: 'files[0]', name: 'Bär "x".txt', type: 'text/plain', bytes })
  const encoded = await buffer(body)
  t.equal(headers['content-length'], String(encoded.length))
  const form = await new Response(encoded, { headers }).formData()
  t.same([...form.keys()], ['one', 'two', 'files[0]'])
  t.equal(form.get('one'), text)
  const file = form.get('files[0]')
  if (!(file instanceof File)) return t.fail('the last field is a file')
  t.match(file, { name: 'Bär "x".txt', type: /^text\/plain/ })
  t.same(Buffer.from(await file.arrayBuffer()), bytes)
})

t.test('can be sent again, and takes an empty file', async (t) => {
  const { headers, body } = await encodeMultipart({}, { field: 'file', name: 'a.bin', type: 'application/octet-stream', bytes: Buffer.alloc(0) })
  const [first, second] = [await buffer(body), await buffer(body)]
  t.same(first, second)
  const file = (await new Response(second, { headers }).formData()).get('file')
  t.match(file, { name: 'a.bin', size: 0 })
})

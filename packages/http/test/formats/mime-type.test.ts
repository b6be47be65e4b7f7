import t from 'tap'
import { mimeEssence, normalizeMimeType } from '../../src/formats/mime-type.ts'

t.test('normalizes a MIME type', async (t) => {
  const cases = [
    ['image/png', 'image/png'], ['IMAGE/PNG', 'image/png'], ['image/jpg', 'image/jpeg'], ['Image/JPG; q=1', 'image/jpeg;q=1'],
    ['text/plain; charset=utf-8', 'text/plain;charset=utf-8'], ['Text/Plain;Charset="UTF-8"', 'text/plain;charset=UTF-8'],
    [' text/plain ', 'text/plain'], ['application/vnd.api+json', 'application/vnd.api+json'], ['text/plain;', 'text/plain']
  ] as const
  for (const [text, type] of cases) t.equal(normalizeMimeType(text), type, text)
  t.equal(mimeEssence('IMAGE/JPG; a=b'), 'image/jpeg')
})

t.test('recognizes an invalid type', async (t) => {
  for (const text of ['', 'png', '/', 'image/', '/png', 'im age/png', 'image/p ng', 'text/plain\r\nx: y', 'text/plän', 'a/b/c']) {
    t.equal(normalizeMimeType(text), undefined, JSON.stringify(text))
    t.equal(mimeEssence(text), '')
  }
})

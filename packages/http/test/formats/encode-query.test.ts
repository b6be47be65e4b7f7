import t from 'tap'
import { encodeQuery, withoutParameters, withParameters } from '../../src/formats/encode-query.ts'

t.test('encodes a space as %20 and a plus sign as %2B', async (t) => {
  t.equal(encodeQuery({ scope: 'read write', 'a+b': "1+1=2&ü!'()*~" }), 'scope=read%20write&a%2Bb=1%2B1%3D2%26%C3%BC%21%27%28%29%2A~')
  t.equal(encodeQuery({}), '')
})

t.test('adds parameters and keeps the others unchanged', async (t) => {
  const rows: Array<[string, Record<string, string>, string]> = [
    ['https://a.example/x', { b: '1' }, 'https://a.example/x?b=1'],
    ['https://a.example/x?q=%E9+%20&flag', { b: ' ' }, 'https://a.example/x?q=%E9+%20&flag&b=%20'],
    ['https://a.example/x?', { b: '1' }, 'https://a.example/x?b=1'],
    ['https://a.example/x?a=1#part', { b: '1' }, 'https://a.example/x?a=1&b=1#part'],
    ['https://a.example/x?a=1', {}, 'https://a.example/x?a=1']
  ]
  for (const [url, parameters, expected] of rows) t.equal(withParameters(url, parameters), expected)
})

t.test('removes parameters and keeps the others unchanged', async (t) => {
  const rows: Array<[string, string]> = [
    ['?q=%E9+%20&flag&secret=1&x=', '?q=%E9+%20&flag&x='],
    ['?secret=1', ''], ['?secret', ''], ['?%73ecret=1&a=1', '?a=1'], ['?secrets=1', '?secrets=1'], ['?a=secret', '?a=secret'],
    ['?a&&b', '?a&&b'], ['', ''], ['secret=1&a=b', 'a=b'], ['?secret=1&secret=2&a', '?a']
  ]
  for (const [search, expected] of rows) t.equal(withoutParameters(search, ['secret']), expected, search)
})

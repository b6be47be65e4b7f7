import t from 'tap'
import { encodeQuery, withoutParameters, withParameters } from '../../src/http/encode-query.ts'
import { signatureBaseString } from '../../src/providers/pumpio/oauth1.ts'

t.test('writes a space as %20 and a plus sign as %2B', async (t) => {
  t.equal(encodeQuery({ scope: 'read write', 'a+b': "1+1=2&ü!'()*~" }), 'scope=read%20write&a%2Bb=1%2B1%3D2%26%C3%BC%21%27%28%29%2A~')
  t.equal(encodeQuery({}), '')
})

t.test('adds parameters and leaves the others as they were written', async (t) => {
  const rows: Array<[string, Record<string, string>, string]> = [
    ['https://a.example/x', { b: '1' }, 'https://a.example/x?b=1'],
    ['https://a.example/x?q=%E9+%20&flag', { b: ' ' }, 'https://a.example/x?q=%E9+%20&flag&b=%20'],
    ['https://a.example/x?', { b: '1' }, 'https://a.example/x?b=1'],
    ['https://a.example/x?a=1#part', { b: '1' }, 'https://a.example/x?a=1&b=1#part'],
    ['https://a.example/x?a=1', {}, 'https://a.example/x?a=1']
  ]
  for (const [url, parameters, expected] of rows) t.equal(withParameters(url, parameters), expected)
})

t.test('takes parameters out and leaves the others as they were written', async (t) => {
  const rows: Array<[string, string]> = [
    ['?q=%E9+%20&flag&secret=1&x=', '?q=%E9+%20&flag&x='],
    ['?secret=1', ''], ['?secret', ''], ['?%73ecret=1&a=1', '?a=1'], ['?secrets=1', '?secrets=1'], ['?a=secret', '?a=secret'],
    ['?a&&b', '?a&&b'], ['', ''], ['secret=1&a=b', 'a=b'], ['?secret=1&secret=2&a', '?a']
  ]
  for (const [search, expected] of rows) t.equal(withoutParameters(search, ['secret']), expected, search)
})

// RFC 5849 §3.4.1.3.1 reads the query as a form, so either is a space, and %2B is a plus sign.
t.test('signs a plus sign in a query or a form as the space that the server reads', async (t) => {
  const base = (query: string, form = '') => signatureBaseString({ method: 'GET', url: `https://a.example/x?${query}`, form }, {})
  t.equal(base('q=a+b'), base('q=a%20b'))
  t.not(base('q=a+b'), base('q=a%2Bb'))
  t.equal(base('', 'q=a+b'), base('', 'q=a%20b'))
  t.match(base('q=a+b'), /q%3Da%2520b$/)
  t.match(base('q=a%2Bb'), /q%3Da%252Bb$/)
  t.match(signatureBaseString({ method: 'GET', url: 'https://a.example/a+b/c%20d' }, {}), '&https%3A%2F%2Fa.example%2Fa%2Bb%2Fc%2520d&')
})

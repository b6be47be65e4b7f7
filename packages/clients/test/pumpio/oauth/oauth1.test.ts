import { spawnSync } from 'node:child_process'
import { OAuth } from 'oauth'
import t from 'tap'
import { percentEncode } from '@carillon/http'
import { authorizationHeader, sign, signatureBaseString } from '../../../src/pumpio/oauth/oauth1.ts'

/** RFC 5849 §3.4.1.1 with the client and token of §3.1. */
const rfc = {
  request: { method: 'post', url: 'http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b', form: 'c2&a3=2+q' },
  parameters: {
    oauth_consumer_key: '9djdj82h48djs9d2',
    oauth_token: 'kkk9d7dh3k39sjv7',
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: '137131201',
    oauth_nonce: '7d8f3e4a'
  },
  secrets: { consumerSecret: 'j49sk3j29djd', tokenSecret: 'dh893hdasih9' }
}

t.test('makes the base string of RFC 5849', async (t) => {
  t.equal(signatureBaseString(rfc.request, rfc.parameters), 'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q' +
    '%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a' +
    '%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7')
})

t.test('makes the signature that erratum 2550 corrects', async (t) => {
  t.equal(sign(rfc.request, rfc.parameters, rfc.secrets), 'r6/TJjbCOr97/+UU0NsvSne7s5g=')
  t.equal(sign({ ...rfc.request, method: 'GET' }, rfc.parameters, rfc.secrets), 'bYT5CMsGcbgUdFHObYMEfcx6bsw=', 'the value that the RFC prints')
})

t.test("makes the signature of OAuth Core's photos example", async (t) => {
  const request = { method: 'GET', url: 'http://photos.example.net/photos?file=vacation.jpg&size=original' }
  const parameters = {
    oauth_consumer_key: 'dpf43f3p2l4k3l03',
    oauth_token: 'nnch734d00sl2jdk',
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: '1191242096',
    oauth_nonce: 'kllo9940pd9333jh',
    oauth_version: '1.0'
  }
  const secrets = { consumerSecret: 'kd94hf93k423kf44', tokenSecret: 'pfkkdhi9sl3r4s00' }
  t.equal(sign(request, parameters, secrets), 'tR3+Ty81lMeYAr/Fid0kMTYa/WM=')
})

t.test('excludes the realm and an older signature', async (t) => {
  const more = { ...rfc.parameters, realm: 'Example', oauth_signature: 'bYT5CMsGcbgUdFHObYMEfcx6bsw=' }
  t.equal(sign(rfc.request, more, rfc.secrets), sign(rfc.request, rfc.parameters, rfc.secrets))
})

t.test('removes only the default port of the scheme', async (t) => {
  const base = (url: string) => decodeURIComponent(signatureBaseString({ method: 'GET', url }, {}).split('&')[1] ?? '')
  t.equal(base('https://h.example:443/p#f'), 'https://h.example/p')
  t.equal(base('https://h.example:80/p'), 'https://h.example:80/p')
  t.equal(base('HTTP://H.example:8080'), 'http://h.example:8080/')
})

t.test('encodes all but the unreserved characters, in upper case', async (t) => {
  t.equal(percentEncode("!'()*"), '%21%27%28%29%2A')
  t.equal(percentEncode('azAZ09-._~'), 'azAZ09-._~')
  t.equal(percentEncode(' +&=%/☃'), '%20%2B%26%3D%25%2F%E2%98%83')
})

t.test('sorts encoded parameters, by name and then by value', async (t) => {
  const [, , parameters = ''] = signatureBaseString({ method: 'GET', url: 'http://h.example/?b=2&b=10&a!=1&a=1&%C3%A9=x&z=y&B=1' }, {}).split('&')
  t.equal(decodeURIComponent(parameters), '%C3%A9=x&B=1&a=1&a%21=1&b=10&b=2&z=y')
})

t.test('encodes and quotes every value of a header', async (t) => {
  const header = authorizationHeader(rfc.request, { oauth_callback: 'http://me.example/cb?a=b&c="d"', oauth_nonce: 'n' }, { consumerSecret: 's' })
  t.match(header, /^OAuth oauth_callback="http%3A%2F%2Fme\.example%2Fcb%3Fa%3Db%26c%3D%22d%22", oauth_nonce="n", oauth_signature_method="HMAC-SHA1", oauth_signature="[\w%]+"$/)
})

const urls = [
  'https://pump.example/api/user/alice/feed',
  'http://pump.example:80/api/whoami',
  'https://pump.example:8443/api/note?id=urn%3Auuid%3A1%2F2&count=3',
  'http://h.example/p%20q/?a=1&A=&%21%27()*=~-._&b%5B%5D=+%2B&u=%C3%BC%E2%98%83%F0%9F%94%94'
]
/** The npm module treats the second one as a member of the first when it creates a request, but not when it verifies one. */
const repeated = 'https://h.example/?a=1&a=0&a=10&u=%F0%9F%94%94&u=%EF%BF%BD'
const secrets = { consumerSecret: "c&%!'()*=", tokenSecret: 't ü+/' }

t.test('matches the module with which pump.io verifies', async (t) => {
  for (const url of urls) {
    for (const method of ['GET', 'POST']) {
      const oracle = new OAuth('', '', "key!'()*", secrets.consumerSecret, '1.0A', null, 'HMAC-SHA1')
      const theirs = readHeader(oracle.authHeader(url, 'token', secrets.tokenSecret, method))
      t.equal(sign({ method, url }, theirs, secrets), theirs['oauth_signature'], `${method} ${url}`)
    }
  }
})

const signWithPython = `
import json, sys
from oauthlib.oauth1 import Client
given = json.load(sys.stdin)
def header(case):
    client = Client('key', client_secret=given['consumerSecret'], resource_owner_key='token', resource_owner_secret=given['tokenSecret'], realm='R')
    headers = {'Content-Type': 'application/x-www-form-urlencoded'} if 'form' in case else {}
    return client.sign(case['url'], http_method=case['method'], body=case.get('form'), headers=headers)[1]['Authorization']
print(json.dumps([header(case) for case in given['cases']]))
`

const python = '/usr/bin/python3'
const hasOauthlib = spawnSync(python, ['-c', 'import oauthlib.oauth1']).status === 0

t.test('matches python3-oauthlib', { skip: !hasOauthlib }, async (t) => {
  const forms = [undefined, 'c2&a3=2+q', 'a=1&a=0&%21=%27&x=%C3%BC+y']
  const cases = [...urls, repeated].flatMap((url) => forms.map((form) => ({ method: form === undefined ? 'PUT' : 'POST', url, form })))
  const { stdout } = spawnSync(python, ['-c', signWithPython], { input: JSON.stringify({ cases, ...secrets }) })
  const headers = JSON.parse(stdout.toString()) as string[]
  t.equal(headers.length, cases.length)
  for (const [index, { method, url, form }] of cases.entries()) {
    const theirs = readHeader(headers[index] ?? '')
    const ours = sign({ method, url, ...form !== undefined && { form } }, theirs, secrets)
    t.equal(ours, theirs['oauth_signature'], `${method} ${url} ${form}`)
  }
})

function readHeader (header: string): Record<string, string> {
  const pairs = [...header.matchAll(/(\w+)="([^"]*)"/g)]
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, decodeURIComponent(value)]))
}

// RFC 5849 §3.4.1.3.1 parses the query as a form, so both are a space, and %2B is a plus sign.
t.test('signs a plus sign in a query or a form as the space that the server decodes', async (t) => {
  const base = (query: string, form = '') => signatureBaseString({ method: 'GET', url: `https://a.example/x?${query}`, form }, {})
  t.equal(base('q=a+b'), base('q=a%20b'))
  t.not(base('q=a+b'), base('q=a%2Bb'))
  t.equal(base('', 'q=a+b'), base('', 'q=a%20b'))
  t.match(base('q=a+b'), /q%3Da%2520b$/)
  t.match(base('q=a%2Bb'), /q%3Da%252Bb$/)
  t.match(signatureBaseString({ method: 'GET', url: 'https://a.example/a+b/c%20d' }, {}), '&https%3A%2F%2Fa.example%2Fa%2Bb%2Fc%2520d&')
})

import t from 'tap'
import { createUserHosts, isUserHost } from '../../src/index.ts'

const { parse, originOf, insecureOrigins } = createUserHosts(['127.0.0.1:4402', 'Dev.Example'])

t.test('reads a host as a URL does', async (t) => {
  for (const [text, host] of [
    ['Social.Example', 'social.example'], ['social.example:443', 'social.example'], ['social.example:8443', 'social.example:8443'],
    ['bücher.example', 'xn--bcher-kva.example'], ['dev.example:80', 'dev.example'], ['127.0.0.1:4402', '127.0.0.1:4402'], ['[::1]', '[::1]']
  ] as const) t.equal(parse(text), host, text)
})

t.test('refuses everything that is more than a host', async (t) => {
  for (const text of ['', 'a b', 'https://a.example', 'a.example/path', 'a.example?', 'a.example#x', 'user@a.example', ':443', 'a.example:port']) {
    t.equal(parse(text), undefined, text)
  }
})

t.test('uses plain http only for the configured hosts', async (t) => {
  t.equal(originOf('127.0.0.1:4402'), 'http://127.0.0.1:4402')
  t.equal(originOf('dev.example'), 'http://dev.example')
  t.equal(originOf('social.example'), 'https://social.example')
  t.same(insecureOrigins, ['http://127.0.0.1:4402', 'http://dev.example'])
  t.same([isUserHost('https://social.example/a'), isUserHost('http://dev.example/a')], [true, false])
  t.throws(() => createUserHosts(['http://a.example']), TypeError)
})

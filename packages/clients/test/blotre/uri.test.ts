import t from 'tap'
import { joinUri, normalizeUri } from '../../src/blotre/uri.ts'

t.test('normalizes a URI like the server', async (t) => {
  for (const [given, normal] of [
    ['Alice', 'alice'],
    ['  Alice/My Stream/ ', 'alice/my+stream'],
    ['alice/my%20stream', 'alice/my stream'],
    ['alice/my+stream', 'alice/my+stream'],
    ['alice/a%2Db', 'alice/a-b'],
    ['alice/$_-', 'alice/$_-'],
    ['alice//', 'alice/']
  ] as const) t.equal(normalizeUri(given), normal, given)
})

t.test('normalizes and joins segments', async (t) => {
  t.equal(joinUri('Alice', 'My Stream', 'Third '), 'alice/my+stream/third')
  t.equal(joinUri('alice/my+stream/', 'x'), 'alice/my+stream/x')
  t.equal(joinUri('alice'), 'alice')
})

t.test('refuses an empty or malformed URI', async (t) => {
  for (const uri of ['', '  ', '/', '%', 'alice/%zz', '%c3']) t.throws(() => normalizeUri(uri), TypeError, uri)
  t.throws(() => joinUri('alice', ''), TypeError)
})

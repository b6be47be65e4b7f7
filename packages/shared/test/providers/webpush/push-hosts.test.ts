import t from 'tap'
import { createPushHosts } from '../../../src/providers/webpush/push-hosts.ts'

t.test('allows the push services of browsers', async (t) => {
  const { findFault, origins } = createPushHosts([])
  for (const endpoint of [
    'https://fcm.googleapis.com/fcm/send/abc', 'https://updates.push.services.mozilla.com/wpush/v2/abc', 'https://web.push.apple.com/abc',
    'https://api.push.apple.com/abc', 'https://wns2-par02p.notify.windows.com/w/?token=abc', 'https://jmt17.google.com/fcm/send/abc'
  ]) t.equal(findFault(endpoint), undefined, endpoint)
  t.same(origins, [])
})

t.test('compares only the host name', async (t) => {
  const { findFault } = createPushHosts([])
  for (const endpoint of [
    'https://evil.example/fcm.googleapis.com', 'https://fcm.googleapis.com.evil.example/', 'https://evilfcm.googleapis.com/',
    'https://evil.example/?x=.push.apple.com', 'https://evil.example#.push.apple.com', 'https://push.apple.com@evil.example/',
    'https://notify.windows.com:8443/', 'http://fcm.googleapis.com/', 'ftp://fcm.googleapis.com/', 'https://user:pw@fcm.googleapis.com/',
    'https://permanently-removed.invalid/fcm/send/abc', `https://fcm.googleapis.com/${'a'.repeat(2_048)}`, 'fcm.googleapis.com', ''
  ]) t.type(findFault(endpoint), 'string', endpoint)
})

t.test('allows the hosts that the operator adds, and all with *', async (t) => {
  const { findFault, origins } = createPushHosts(['Push.Example.org', 'http://127.0.0.1:4100'])
  t.equal(findFault('https://push.example.org/abc'), undefined)
  t.equal(findFault('https://eu.push.example.org/abc'), undefined)
  t.equal(findFault('http://127.0.0.1:4100/abc'), undefined)
  t.type(findFault('http://127.0.0.1:4101/abc'), 'string')
  t.type(findFault('https://other.example.org/abc'), 'string')
  t.same(origins, ['http://127.0.0.1:4100'], 'an origin needs no guard')
  const all = createPushHosts(['*'])
  t.equal(all.findFault('https://any.example/abc'), undefined)
  t.type(all.findFault('https://any.example:8443/abc'), 'string')
  t.type(all.findFault('https://any.invalid/abc'), 'string')
  t.same(all.origins, [], 'the guard decides')
})

import t from 'tap'
import { client, failure, web, wire } from '../local-server.ts'

t.test('reaches no private address except at a trusted origin', async (t) => {
  let visits = 0
  const url = await web(t, (_, response) => { visits++; response.end('secret') })
  const { port } = new URL(url)
  const http = client(t, 'http://provider.example')
  const names = ['localhost', 'LOCALHOST', 'sub.localhost']
  const hosts = [
    ...names, '127.0.0.1', '127.1', '2130706433', '0x7f000001', '0.0.0.0', '10.0.0.1', '172.16.0.1',
    '192.168.0.1', '169.254.169.254', '100.100.100.200', '168.63.129.16', '[::1]', '[::]', '[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]',
    '[fe80::1]', '[fd00:ec2::254]'
  ]
  for (const host of hosts) {
    for (const scheme of ['http', 'https']) {
      const error = await failure(http.request({ method: 'GET', url: `${scheme}://${host}:${port}/?q=hidden` }))
      t.equal(error.code, names.includes(host) ? 'dns' : 'notAllowed', `${scheme}://${host}`)
      t.match(error.message, names.includes(host) ? /: no usable address for this host name \(NO_ADDRESS\)$/ : /: not allowed$/)
      t.notMatch(error.message, /hidden/)
    }
  }
  t.equal(visits, 0)
})

t.test('guards an untrusted URL, even at a trusted origin', async (t) => {
  let visits = 0
  const url = await web(t, (_, response) => { visits++; response.end('own') })
  const http = client(t, url)
  const signal = new AbortController().signal
  const request = { method: 'GET', url, headers: {} } as const
  t.equal((await http.request(request)).status, 200)
  t.equal((await failure(http.request({ ...request, isGuarded: true }))).code, 'notAllowed')
  t.equal((await failure(http.stream({ ...request, isGuarded: true }, signal))).code, 'notAllowed')
  t.equal(visits, 1, 'not even over an open socket to it')
})

t.test('trusts an origin, not its host', async (t) => {
  const url = await web(t, (_, response) => { response.end('own') })
  const other = await web(t, (_, response) => { response.end('other') })
  const http = client(t, `${url}/some/base/path`)
  t.equal((await http.request({ method: 'GET', url })).status, 200)
  t.equal((await failure(http.request({ method: 'GET', url: other }))).code, 'notAllowed')
})

t.test('permits private hosts by name, address and network', async (t) => {
  const url = await web(t, (_, response) => { response.end('open') })
  const { port } = new URL(url)
  const cases: Array<[string[], string]> = [
    [['localhost'], 'localhost'],
    [['127.0.0.1'], '127.0.0.1'],
    [['127.0.0.0/8', '::1/128'], 'localhost'],
    [['127.0.0.0/8'], '[::ffff:127.0.0.1]']
  ]
  for (const [allowPrivateHosts, host] of cases) {
    const http = client(t, 'http://provider.example', { allowPrivateHosts })
    const answer = await http.request({ method: 'GET', url: `http://${host}:${port}/` })
    t.equal(answer.body.toString(), 'open', `${host} by ${allowPrivateHosts.join()}`)
  }
  const http = client(t, 'http://provider.example', { allowPrivateHosts: ['localhost', '10.0.0.0/8'] })
  t.equal((await failure(http.request({ method: 'GET', url }))).code, 'notAllowed', 'a permitted name does not permit its address')
})

t.test('supports only http and https', async (t) => {
  const http = client(t, 'http://provider.example')
  for (const url of ['ftp://example.com/', 'file:///etc/passwd', 'data:text/plain,x', 'unix:/run/docker.sock']) {
    t.equal((await failure(http.request({ method: 'GET', url }))).code, 'notAllowed', url)
  }
  for (const url of ['', '/relative', 'http://', 'http://[::1']) {
    t.equal((await failure(http.request({ method: 'GET', url }))).code, 'invalid', url)
  }
})

t.test('refuses values that would inject a header', async (t) => {
  const url = await web(t, (_, response) => { response.end() })
  const headers = { 'access-token': 'a\r\nx-evil: 1' }
  const error = await failure(client(t, url).request({ method: 'GET', url, headers }))
  t.equal(error.code, 'invalid')
  t.notMatch(error.message, /evil/)
})

t.test('includes no queries, addresses or headers in its errors', async (t) => {
  const url = await wire(t, (socket) => socket.resetAndDestroy())
  const { port } = new URL(url)
  const http = client(t, 'http://provider.example', { allowPrivateHosts: ['localhost'] })
  const request = { method: 'GET', url: `http://localhost:${port}/p?token=hidden`, headers: { 'access-token': 'hidden' } } as const
  const error = await failure(http.request(request))
  const all = `${error.message}${error.stack}${JSON.stringify(error)}${String(error.cause)}`
  t.notMatch(all, /hidden|127\.0\.0\.1/)
  t.match(error.message, `localhost:${port}`)
})

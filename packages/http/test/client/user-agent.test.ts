import { readFile } from 'node:fs/promises'
import t from 'tap'
import { formatUserAgent } from '../../src/client/user-agent.ts'
import { client, web } from '../local-server.ts'

t.test('names the product with the version of the repository', async (t) => {
  const manifest = JSON.parse(await readFile(new URL('../../../../package.json', import.meta.url), 'utf8')) as { version: string }
  t.equal(formatUserAgent(), `Carillon/${manifest.version}`)
  t.equal(formatUserAgent('https://notify.site.example'), `Carillon/${manifest.version} (+https://notify.site.example)`)
})

t.test('sends it with every request and every stream', async (t) => {
  const seen: Array<string | undefined> = []
  const url = await web(t, (request, response) => {
    seen.push(request.headers['user-agent'])
    response.end()
  })
  const { signal } = new AbortController()
  const userAgent = formatUserAgent('https://notify.site.example')
  for (const [http, expected] of [[client(t, url), formatUserAgent()], [client(t, url, { userAgent }), userAgent]] as const) {
    await http.request({ method: 'GET', url })
    await http.request({ method: 'POST', url, headers: { accept: '*/*' }, body: 'x' })
    for (const own of ['curl/8.0', ['curl/8.0', 'site/1.0']]) {
      const { body } = await http.stream({ method: 'GET', url, headers: { 'user-agent': own } }, signal)
      body.resume()
    }
    t.same(seen.splice(0), [expected, expected, `curl/8.0 ${expected}`, `curl/8.0 site/1.0 ${expected}`])
  }
})

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHttp } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import t from 'tap'
import { loadDeployment } from '../../../src/config/index.ts'
import { createProviders } from '../../../src/providers/index.ts'
import { openSimulator } from '../conformance/simulator.ts'

const root = new URL('../../../../../', import.meta.url)
const page = await readFile(new URL('docs/oauth2.md', root), 'utf8')
const [, yaml = ''] = /^```yaml\n(.*?)^```/ms.exec(page) ?? []
const [, json = ''] = /^```json\n(.*?)^```/ms.exec(page) ?? []

t.test('the page contains the file of the sandbox', async (t) => {
  t.equal(yaml, await readFile(new URL('apps/sandbox/src/noticeboard/noticeboard.yaml', root), 'utf8'))
})

t.test('both examples of the page connect, send and refresh', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'oauth2-examples-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const paths = [join(folder, 'noticeboard.yaml'), join(folder, 'pinwall.json')]
  await Promise.all([yaml, json].map((text, index) => writeFile(paths[index] ?? '', text)))
  const simulator = await openSimulator(t, 'noticeboard')
  const { config, definitions } = loadDeployment({ ...simulator.environment, OAUTH2_PROVIDERS: paths.join(', ') })
  const providers = createProviders(config, definitions)
  t.same([...providers.keys()], ['noticeboard', 'pinwall'])
  for (const { name, origins, handshakes: { redirect }, send, refresh } of providers.values()) {
    const http = createHttp({ trustedOrigins: origins, allowPrivateHosts: [] })
    t.teardown(() => http.close())
    const { signal } = new AbortController()
    const context = { http, signal, now: Date.now, registrations: createMemoryRegistrations() }
    const input = { account: null, redirectUri: 'http://127.0.0.1:1/connect/noticeboard/callback', state: 'the-state', needsConsentPrompt: false }
    const { authorizeUrl = '', pending = {} } = await redirect?.begin(input, context) ?? {}
    const { headers } = await fetch(`${authorizeUrl}&auto=allow&account=ann`, { redirect: 'manual' })
    const grant = await redirect?.complete(pending, new URL(headers.get('location') ?? ''), context)
    t.match(grant?.account, { name: 'ann' }, name)
    const { credentials } = await refresh?.(grant?.credentials ?? {}, context) ?? {}
    t.ok(await send?.({ type: 'note', body: `from ${name}` }, randomUUID(), credentials ?? {}, context))
  }
  t.match(await simulator.inbox({ name: 'ann', credentials: {} }), [{ item: { text: 'from Noticeboard' } }, { item: { text: 'from Pinwall' } }])
})

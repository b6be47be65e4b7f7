import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createPumpioClient, ProviderError } from '../../src/index.ts'
import { openSimulator } from '../../../shared/test/providers/conformance/simulator.ts'

const simulator = await openSimulator(t, 'pumpio')
const host = simulator.pumpioHost
const root = join(import.meta.dirname, '../../../..')
const options = { application: { name: 'My program' }, insecureHosts: [host] }
const allowAs = (name: string) => async (url: string): Promise<string> => {
  const page = await fetch(`${url}&auto=allow&account=${name}`)
  return /id="verifier"[^>]*>([^<]+)</.exec(await page.text())?.[1] ?? ''
}

t.test('obtains access once, returns what to store, and then needs no user', async (t) => {
  const urls: string[] = []
  const verifierCallback = (url: string) => { urls.push(url); return allowAs('alice')(url) }
  const first = createPumpioClient({ ...options, account: `alice@${host}`, verifierCallback })
  const [access] = await Promise.all([first.connect(), first.connect(), first.whoami()])
  t.equal(urls.length, 1)
  t.match(access, { registration: { clientId: /\w/, clientSecret: /\w/ }, token: { account: `alice@${host}` } })
  await first.close()

  const registered = await simulator.calls('POST /api/client/register')
  const second = createPumpioClient({ ...options, account: `alice@${host}`, ...JSON.parse(JSON.stringify(access)) })
  t.same(await second.connect(), access)
  t.same(await second.whoami(), { id: `alice@${host}`, name: `alice@${host}`, host })
  const { id } = await second.post({ type: 'note', body: 'Hello' })
  t.match(await second.get('/api/user/alice/feed'), { items: [{ object: { id, content: 'Hello' } }] })
  await second.close()

  const third = createPumpioClient({ ...options, account: `alice@${host}`, registration: access.registration, verifierCallback })
  t.same(await third.connect(), access, 'the host returns the same token to the same client')
  t.equal(await simulator.calls('POST /api/client/register'), registered)
  t.equal(urls.length, 2)
  await third.close()
})

t.test('can try again after a wrong verifier, and rejects without a verifierCallback', async (t) => {
  let tries = 0
  const client = createPumpioClient({
    ...options, account: `bob@${host}`, verifierCallback: (url) => ++tries === 1 ? 'too early' : allowAs('bob')(url)
  })
  await t.rejects(client.whoami(), ProviderError)
  t.match(await client.whoami(), { name: `bob@${host}` })
  await client.close()
  const alone = createPumpioClient({ ...options, account: `bob@${host}` })
  await t.rejects(alone.connect(), ProviderError)
  await alone.close()
  t.throws(() => createPumpioClient({ ...options, account: 'bob' }), ProviderError)
})

t.test('runs the example of the documentation', async (t) => {
  const [, example = ''] = /<!-- example: pump\.io -->\s+```ts\n(.*?)```/s.exec(await readFile(join(root, 'docs/library.md'), 'utf8')) ?? []
  t.match(example, 'createPumpioClient')
  const folder = t.testdir({})
  const file = join(folder, 'example.ts')
  await writeFile(file, example
    .replaceAll('alice@pump.example', `carol@${host}`)
    .replace("application: { name: 'My program' }", `application: { name: 'My program' }, insecureHosts: ['${host}']`))

  const [first, second] = [await run(), await run()]
  t.match(first, new RegExp(`oauth_token=.*\\nPosted urn:uuid:[\\w-]+ as carol@${host}`, 's'))
  t.notMatch(second, /oauth_token/, 'the second run needs no verifier')
  t.match(second, 'Posted urn:uuid:')
  t.equal((await simulator.inbox({ name: `carol@${host}`, credentials: {} })).length, 2)

  async function run (): Promise<string> {
    const child = spawn(process.execPath, ['--import', 'tsx', file], { cwd: folder })
    let output = ''
    child.stderr.on('data', (piece) => { output += piece })
    child.stdout.on('data', async (piece) => {
      output += piece
      const [url] = /http\S+oauth_token=\S+/.exec(String(piece)) ?? []
      if (url !== undefined) child.stdin.write(`${await allowAs('carol')(url)}\n`)
    })
    await new Promise((resolve) => child.once('close', resolve))
    return output
  }
})

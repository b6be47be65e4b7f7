import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { openSandbox } from '../src/index.ts'

const run = promisify(execFile)
const hasCurl = await run('curl', ['--version']).then(() => true, () => false)

t.test('documents commands that work', { skip: hasCurl ? false : 'curl is not on PATH' }, async (t) => {
  const { url, ownHosts, close } = await openSandbox()
  t.teardown(close)
  const text = await readFile(new URL('../../../docs/sandbox.md', import.meta.url), 'utf8')
  // Simulators with their own host use the ports after the sandbox's.
  const here = [{ url }, ...ownHosts].reduce((text, host, index) => text.replaceAll(`http://127.0.0.1:${4400 + index}`, host.url), text)
  const blocks = [...here.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
  t.ok(blocks.length >= 5)
  const responses = []
  for (const block of blocks) {
    const { stdout } = await run('sh', ['-ec', `curl () { command curl --silent --fail "$@"; }\n${block}`])
    responses.push(stdout)
  }
  t.match(responses[0], /^location: .*\?state=x&code=/mi)
  t.match(responses[1], '"content":"Hello"')
  t.match(responses.join(''), 'redeemSuccessful')
  t.match(responses.at(-1), '"reset":true')
})

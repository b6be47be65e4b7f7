import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { openSimulator } from '../../../shared/test/providers/conformance/simulator.ts'

const simulator = await openSimulator(t, 'blotre')
const text = await readFile(new URL('../../../../docs/library-blotre.md', import.meta.url), 'utf8')
const [registered = '', reading = '', disposable = ''] = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, example = '']) => example)

/** The code that a reader's own program contains. */
const own = `
const stored: unknown[] = []
async function store (creds: unknown) { stored.push(creds) }
async function codeFrom (page: string) {
  const answer = await fetch(page + '&auto=allow&account=alice', { redirect: 'manual' })
  return new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
}
`

t.test('contains examples that run unchanged', async (t) => {
  const folder = t.testdir({ 'registered.ts': own + here(registered), 'reading.ts': here(reading), 'disposable.ts': here(disposable) })
  t.same(await run('registered.ts'), { code: 0, lines: [] })
  const { data } = await (await fetch(`${simulator.url}/_control/inbox?provider=blotre&account=alice`)).json() as { data: Array<{ item: object }> }
  t.match(data.at(-1)?.item, { stream: { uri: 'alice/desk+lamp' }, status: { color: '#22c55e' }, tags: [{ tag: 'lamp' }] })

  t.same(await run('reading.ts'), { code: 0, lines: ["[ 'alice/desk+lamp' ] [ 'Desk Lamp' ]"] })

  const first = await run('disposable.ts', async (line) => {
    const code = /^Enter (\w{8}) at http/.exec(line)?.[1] ?? ''
    await fetch(`${simulator.url}/blotre/v0/oauth2/redeem?${new URLSearchParams({ code, auto: 'allow', account: 'bob' })}`, { redirect: 'manual' })
  })
  t.match(first, { code: 0, lines: [/^Enter/] })
  t.equal((await stat(join(folder, 'lamp.client_data.json'))).mode & 0o777, 0o600)
  t.same(await run('disposable.ts'), { code: 0, lines: [] }, 'the second run needs no user')

  async function run (file: string, onLine: (line: string) => Promise<void> = async () => {}) {
    const child = spawn(process.execPath, ['--import', 'tsx', file], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(child, 'exit')
    const lines: string[] = []
    for await (const line of createInterface(child.stdout)) {
      lines.push(line)
      await onLine(line)
    }
    const [code] = await exited
    return { code, lines }
  }
})

function here (example: string): string {
  return example.replaceAll('http://127.0.0.1:4400', simulator.url)
}

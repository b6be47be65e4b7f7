import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { openTestPump, PIXEL } from './open-test-pump.ts'

const SCRIPT = fileURLToPath(new URL('pypump_session.py', import.meta.url))
const run = promisify(execFile)

t.test('serves PyPump', { skip: await reasonToSkip() }, async (t) => {
  const pump = await openTestPump(t)
  const home = await mkdtemp(join(tmpdir(), 'pypump-'))
  t.teardown(() => rm(home, { recursive: true }))
  const picture = join(home, 'pixel.png')
  await writeFile(picture, PIXEL)

  const account = `ann@${pump.host}`
  const child = spawn(await python() ?? '', [SCRIPT, account, picture], {
    env: { PATH: process.env['PATH'], HOME: home, XDG_CONFIG_HOME: home },
    stdio: ['pipe', 'pipe', 'pipe']
  })
  t.teardown(() => child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  const responses: Array<Record<string, unknown>> = []
  for await (const line of createInterface({ input: child.stdout })) {
    const response = JSON.parse(line) as Record<string, unknown>
    responses.push(response)
    if (typeof response['url'] === 'string') child.stdin.write(`${await pump.pressAuthorize(response['url'], 'ann')}\n`)
  }
  const code = child.exitCode ?? (await once(child, 'exit'))[0] as number
  t.equal(code, 0, stderr)

  const [login, posted, again] = responses
  t.match(login?.['url'], new RegExp(`^${pump.url}/oauth/authorize\\?oauth_token=[\\w-]{22}$`))
  t.match(posted, {
    me: `acct:${account}`,
    username: 'ann',
    note: { content: '<b>Hello</b> from PyPump', author: `acct:${account}`, url: `${pump.url}/ann/note/` },
    major: ['image', 'note'],
    likes: [`acct:${account}`],
    comments: ['Seen'],
    picture: [1, 1],
    followers: 0
  })
  t.same(posted?.['outbox'], [
    ['like', 'note', '<b>Hello</b> from PyPump'],
    ['post', 'comment', 'Seen'],
    ['update', 'image', 'One pixel'],
    ['post', 'image', 'One pixel'],
    ['post', 'note', '<b>Hello</b> from PyPump']
  ])
  t.same(posted?.['inbox'], ['like', 'post', 'update', 'post', 'post'])
  t.match(again, { again: `acct:${account}`, latest: `${pump.url}/api/activity/` })

  const kinds = (await pump.inbox('ann')).map(({ item }) => (item as { object: { objectType: string } }).object.objectType)
  t.same(kinds, ['note', 'image', 'comment'], 'and the sandbox shows what was posted')
})

/** Prefers the system's interpreter, which Debian's package is for. */
async function python (): Promise<string | undefined> {
  for (const candidate of ['/usr/bin/python3', 'python3']) {
    if (await run(candidate, ['-c', 'import pypump']).then(() => true, () => false)) return candidate
  }
}

async function reasonToSkip (): Promise<string | false> {
  if (process.env['CARILLON_REQUIRE_PYPUMP'] === '1' || await python() !== undefined) return false
  return 'PyPump is not installed (apt-get install python3-pypump); CARILLON_REQUIRE_PYPUMP=1 makes this a failure'
}

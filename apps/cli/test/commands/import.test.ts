import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startTestStack } from '../start-test-stack.ts'
import { runCarillon } from '../run-carillon.ts'

const stack = await startTestStack(t)
const folder = await mkdtemp(join(tmpdir(), 'carillon-import-'))
t.teardown(() => rm(folder, { recursive: true }))
const tokens = async (count: number) => (await stack.control<{ data: Array<{ accessToken: string }> }>(
  'POST', '/accounts', { provider: 'pushbullet', count })).data.map(({ accessToken }) => accessToken)
const line = (userId: string, accessToken: unknown, more = {}) => JSON.stringify({ userId, provider: 'pushbullet', credentials: { accessToken }, ...more })

async function file (...lines: Array<string | Buffer>): Promise<string> {
  const path = join(folder, `tokens-${Math.random()}.ndjson`)
  await writeFile(path, Buffer.concat(lines.flatMap((one) => [Buffer.from(one), Buffer.from('\n')])))
  return path
}

t.test('imports every valid line, and reports the invalid ones', async (t) => {
  const [ann, ben, cat, dan] = await tokens(4)
  const path = await file(
    `\ufeff${line('ann', ann)}`,
    line('ben', ben),
    '',
    '{"userId": "torn", "credentials"',
    Buffer.from(line('caf\xe9', 'o.x'), 'latin1'),
    line('dead', 'o.dead-token'),
    line('', 'o.nameless'),
    line('gone', 'o.gone', { provider: 'nowhere' }),
    '{"userId":"proto","provider":"pushbullet","credentials":{"accessToken":"o.p","__proto__":{}}}',
    line('cat', cat),
    line('dan', dan)
  )
  const result = await stack.carillon('import', path)
  t.equal(result.code, 1)
  t.equal(result.stdout, '4 imported, 6 failed', 'the result is printed once, on standard output')
  for (const number of [4, 5, 6, 7, 8, 9]) t.match(result.stderr, new RegExp(`^line ${number}: `, 'm'))
  t.notMatch(`${result.stdout}${result.stderr}`, /o\.\w/, 'no token is printed')

  const { code, stdout, stderr } = await stack.carillon('import', path, '--json')
  const report = JSON.parse(stdout)
  t.match({ code, stderr, ...report }, { code: 1, stderr: '', imported: 4, failed: 6 })
  t.same(report.failures.map(({ line }: { line: number }) => line).sort((a: number, b: number) => a - b), [4, 5, 6, 7, 8, 9])
  t.match(report.failures.find(({ line }: { line: number }) => line === 6), { code: 'unauthorized', message: 'access token is not accepted' })
})

t.test('exits with 0 if every line was imported, and changes nothing when it runs again', async (t) => {
  const [eve, fay] = await tokens(2)
  const path = await file(line('eve', eve), line('fay', fay))
  const state = async () => (await stack.database.sql`
    select connections.id, users.external_id, status, account_id, (select count(*) from connection_events where connection_id = connections.id
      and event in ('connection.needs_reauth', 'connection.disconnected'))::int as harmful
    from connections join users on users.id = user_id where users.external_id in ('eve', 'fay') order by 2`).map((row) => ({ ...row }))
  t.match(await stack.carillon('import', path, '--json'), { code: 0, stdout: '{"imported":2,"failed":0,"failures":[]}', stderr: '' })
  const once = await state()
  t.match(once, [{ status: 'active', harmful: 0 }, { status: 'active', harmful: 0 }])
  t.match(await stack.carillon('import', path, '--json'), { code: 0, stdout: '{"imported":2,"failed":0,"failures":[]}' })
  t.same(await state(), once, 'the same connections, active, with the same accounts')
  t.match(await stack.carillon('send', '--to', 'eve', 'fay', '--title', 'Both'), { code: 0, stdout: /goes to 2 connections$/ })
})

t.test('names the lines of the failed request if the API refuses all of them', async (t) => {
  const path = await file(line('gus', 'o.x'))
  const refused = await runCarillon(['import', path], { ...stack.env, CARILLON_API_KEY: 'ck_wrong' })
  t.match(refused, { code: 1, stdout: '0 imported, 0 failed', stderr: /^carillon: lines 1 to 1: http\S+ returned 401: / })
})

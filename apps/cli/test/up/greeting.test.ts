import { execa } from 'execa'
import { join } from 'node:path'
import t from 'tap'
import { createBrowser, createSite, spawnApp, testDatabase, until } from '@carillon/testing'
import { folder, readUpFile } from './fixtures/spawn-up.ts'

t.test('prints commands that work in a shell', async (t) => {
  const dataDir = join(await folder(t), 'data')
  const up = spawnApp(t, 'cli', {
    args: ['up'],
    env: { DATABASE_URL: (await testDatabase(t)).url, CARILLON_DATA_DIR: dataDir, PORT: '0', SANDBOX_PORT: '0' }
  })
  await up.ready
  const { sandboxUrl, ...addresses } = await readUpFile(dataDir)
  const site = createSite({ ...addresses, sandboxUrl: sandboxUrl ?? '' })
  const [connect = '', send = '', inbox = '', link = '', ...more] = up.stdout.filter((line) => /^(curl|sleep)/.test(line))
  t.same(more, [])

  t.match(JSON.parse(await shell(connect)), { imported: 1, failed: 0 })
  t.match(JSON.parse(await shell(send)), { unreachable: [] })
  await until(async () => (await site.inbox()).length > 0)
  t.match(JSON.parse(await shell(inbox)), { data: [{ item: { title: 'Hello Alice', body: 'This is your first notification.' } }] })

  const page = await createBrowser().get((await shell(link)).trim())
  t.match(page, { status: 200, text: /bob/ })
})

t.test('does not start the sandbox with --no-sandbox', async (t) => {
  const dataDir = join(await folder(t), 'data')
  const up = spawnApp(t, 'cli', {
    args: ['up', '--no-sandbox'],
    env: { DATABASE_URL: (await testDatabase(t)).url, CARILLON_DATA_DIR: dataDir, PORT: '0' }
  })
  await up.ready
  t.match(await readUpFile(dataDir), { sandboxUrl: null })
  t.notMatch(up.output(), /sandbox/i)
})

async function shell (line: string): Promise<string> {
  return (await execa('sh', ['-c', line])).stdout
}

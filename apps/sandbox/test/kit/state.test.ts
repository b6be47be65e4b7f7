import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serialize } from 'node:v8'
import t from 'tap'
import type { Test } from 'tap'
import { until } from '@carillon/testing'
import { StateMap } from '../../src/kit/state/state-part.ts'
import type { StatePart } from '../../src/kit/state/state-part.ts'
import { createStateKeeper } from '../../src/kit/state/state-keeper.ts'
import { openTestSandbox } from '../open-test-sandbox.ts'

async function openFolder (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-state-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

t.test('keeps nothing without a folder', async (t) => {
  const { call } = await openTestSandbox(t)
  const { text } = await call('POST', '/_control/accounts', { body: { provider: 'slack', count: 1 } })
  const { call: callAgain } = await openTestSandbox(t)
  t.match(text, 'xoxe')
  t.match((await callAgain('GET', '/_control/stats')).json, { accounts: 0 })
})

t.test('a response with accounts or tokens comes once they are on disk', async (t) => {
  const stateFolder = await openFolder(t)
  const first = await openTestSandbox(t, { stateFolder })
  const providers = ['pushbullet', 'slack', 'discord', 'blotre', 'mastodon', 'facebook', 'noticeboard', 'telegram', 'ntfy', 'webhook', 'webpush', 'pumpio', 'email']
  for (const provider of providers) await first.call('POST', '/_control/accounts', { body: { provider, count: 2 } })
  // The first sandbox still runs, like one that has no time left to save.
  const second = await openTestSandbox(t, { stateFolder })
  t.match((await second.call('GET', '/_control/stats')).json, { accounts: 2 * providers.length })
  t.equal((await stat(stateFolder)).mode & 0o777, 0o700)
  for (const name of await readdir(stateFolder)) t.equal((await stat(join(stateFolder, name))).mode & 0o777, 0o600, `${name} is for its owner only`)

  await second.call('POST', '/_control/reset')
  const third = await openTestSandbox(t, { stateFolder })
  t.match((await third.call('GET', '/_control/stats')).json, { accounts: 0 }, 'a reset is kept, too')
})

t.test('messages are not saved, and one save serves many requests', async (t) => {
  const stateFolder = await openFolder(t)
  const { call, join: joinPushbullet } = await openTestSandbox(t, { stateFolder })
  const { v2 } = await joinPushbullet()
  const file = join(stateFolder, 'pushbullet.state')
  const before = await stat(file)
  for (let index = 0; index < 20; index++) await v2('POST', '/pushes', { body: { type: 'note', title: 'A secret title' } })
  t.equal((await stat(file)).ino, before.ino, 'the file is the same')
  const accounts = Array.from({ length: 50 }, () => call('POST', '/_control/accounts', { body: { provider: 'pushbullet', count: 1 } }))
  await Promise.all(accounts)
  t.notMatch((await readFile(file)).toString('latin1'), 'A secret title')

  let saves = 0
  const users = new StateMap<string, string>()
  const folder = await openFolder(t)
  const keeper = createStateKeeper({
    folder,
    simulator: { id: 'teapot', name: 'Teapot', state: { users: { version: () => users.version(), save: () => { saves++; return users.save() }, load: () => {} } }, reset () {} },
    warn: (line) => { t.fail(line) }
  })
  await Promise.all(Array.from({ length: 100 }, (_, index) => {
    users.set(`user-${index}`, 'a user')
    return keeper.noticeRequest()
  }))
  t.ok(saves <= 2, 'requests at the same time share a save')
  t.equal(keeper.noticeRequest(), undefined, 'a request without a change waits for nothing')
  await keeper.save()
})

t.test('a response waits for a slow save too, unless there are very many accounts', async (t) => {
  const folder = await openFolder(t)
  const users = new StateMap<string, string>()
  const save = () => {
    for (const startedMs = performance.now(); performance.now() - startedMs < 40;);
    return users.save()
  }
  const warn = (line: string) => { t.fail(line) }
  const openKeeper = (part: Partial<StatePart>) =>
    createStateKeeper({ folder, simulator: { id: 'teapot', name: 'Teapot', state: { users: { version: () => 0, save: () => [], load: () => {}, ...part } }, reset () {} }, warn })
  const readSaved = () => {
    const saved = new StateMap<string, string>()
    openKeeper({ load: (value) => { saved.load(value) } })
    return [...saved.keys()]
  }
  const keeper = openKeeper({ version: () => users.version(), save })
  for (const name of ['ann', 'ben', 'cleo']) {
    users.set(name, 'a user')
    await keeper.noticeRequest()
    t.equal(readSaved().at(-1), name, 'before its response')
  }

  const saved = keeper.save()
  users.set('dora', 'a user')
  await Promise.all([saved, keeper.noticeRequest()])
  t.equal(readSaved().at(-1), 'dora', 'also while the sandbox closes')

  users.set('eva', 'many accounts'.repeat(400_000))
  await keeper.noticeRequest()
  users.set('fay', 'a user')
  t.equal(keeper.noticeRequest(), undefined)
  await keeper.save()
  t.equal(readSaved().at(-1), 'fay')
})

t.test('a change inside of an account is saved soon, without a request that waits for it', async (t) => {
  const stateFolder = await openFolder(t)
  const { call } = await openTestSandbox(t, { stateFolder })
  const { text } = await call('POST', '/_control/accounts', { body: { provider: 'telegram', count: 1 } })
  const { data: [{ account }] } = JSON.parse(text) as { data: [{ account: string }] }
  const file = join(stateFolder, 'telegram.state')
  await call('POST', '/_control/telegram/chats', { body: { account, action: 'delete' } })
  t.ok(await until(async () => (await readFile(file)).includes('deleted')))
})

t.test('a file that is not readable is renamed, and the others are loaded', async (t) => {
  const stateFolder = await openFolder(t)
  const first = await openTestSandbox(t, { stateFolder })
  for (const provider of ['pushbullet', 'slack', 'discord']) await first.call('POST', '/_control/accounts', { body: { provider, count: 1 } })
  await writeFile(join(stateFolder, 'slack.state'), 'not a state')
  await writeFile(join(stateFolder, 'discord.state'), serialize({ format: 0, state: {} }))

  const lines: string[] = []
  const second = await openTestSandbox(t, { stateFolder, warn: (line) => { lines.push(line) } })
  t.match((await second.call('GET', '/_control/stats')).json, { accounts: 1 }, 'Pushbullet has its account')
  t.match(lines, [
    /^The sandbox cannot read the saved accounts of Slack: .+\. It starts without them; the file is now \S+slack\.state\.unreadable-/,
    /^The sandbox cannot read the saved accounts of Discord: its format is 0, and this version reads 1\. It starts without them; the file/
  ])
  t.equal((await readdir(stateFolder)).filter((name) => name.includes('unreadable')).length, 2)
  await second.call('POST', '/_control/accounts', { body: { provider: 'slack', count: 1 } })
  t.equal(lines.length, 2, 'saving goes on')
})

t.test('a folder that cannot be written costs one line, and no request', async (t) => {
  const stateFolder = await openFolder(t)
  const lines: string[] = []
  const { call } = await openTestSandbox(t, { stateFolder, warn: (line) => { lines.push(line) } })
  await rm(stateFolder, { recursive: true })
  for (let index = 0; index < 3; index++) {
    t.equal((await call('POST', '/_control/accounts', { body: { provider: 'slack', count: 1 } })).status, 200)
  }
  t.match(lines.filter((line) => line.includes('Slack')), [/^The sandbox cannot save the accounts of Slack: ENOENT/])
  t.equal(lines.filter((line) => line.includes('Slack')).length, 1)
})

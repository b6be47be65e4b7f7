import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import type { DisposableAppOptions } from '../../src/index.ts'
import { createDisposableApp, ProviderError, RestError } from '../../src/index.ts'
import { openSimulator } from '../../../shared/test/providers/conformance/simulator.ts'

const simulator = await openSimulator(t, 'blotre')
const url = `${simulator.url}/blotre`

t.test('shows a code, waits until the user has entered it, and stores the credentials privately', async (t) => {
  const file = join(t.testdir(), 'lamp.json')
  const { app, codes, pauses } = await run(t, { file })
  t.match(codes, [{ code: /^\w{8}$/, redeemUrl: `${url}/v0/oauth2/redeem` }])
  t.same(pauses, [5_000, 5_000, 5_000], 'it polls every five seconds')
  t.match(app.creds, { access_token: /\w/, user: { userName: 'ann' } })
  t.match(await kept(file), { client: { client_id: /\w/, client_secret: /\w/, code: codes[0]?.code }, creds: app.creds, config: { url } })
  t.equal((await stat(file)).mode & 0o777, 0o600)
  t.match(await app.setStreamStatus(app.creds?.user?.rootStream ?? '', { color: '#010101' }), { color: '#010101' })
})

t.test('uses its file again, without the user', async (t) => {
  const file = join(t.testdir(), 'lamp.json')
  const first = await run(t, { file })
  const again = await run(t, { file })
  t.same(again.codes, [])
  t.same(again.app.creds, first.app.creds)
})

t.test('refreshes expired credentials, and stores them readable only by the owner', async (t) => {
  const file = join(t.testdir(), 'lamp.json')
  const first = await run(t, { file })
  await chmod(file, 0o644)
  await simulator.expire({ name: 'ann', credentials: undefined })
  const again = await run(t, { file })
  t.same(again.codes, [])
  t.not(again.app.creds?.access_token, first.app.creds?.access_token)
  t.match(await kept(file), { creds: again.app.creds })
  t.equal((await stat(file)).mode & 0o777, 0o600)

  await simulator.expire({ name: 'ann', credentials: undefined })
  await again.app.setStreamStatus(again.app.creds?.user?.rootStream ?? '', { color: '#020202' })
  t.match(await kept(file), { creds: again.app.creds }, 'later refreshes too')
})

t.test("registers again when Blot're does not recognize the client", async (t) => {
  const file = join(t.testdir(), 'lamp.json')
  const first = await run(t, { file })
  await simulator.revoke({ name: 'ann', credentials: undefined })
  const again = await run(t, { file })
  t.equal(again.codes.length, 1)
  t.not(again.app.client?.client_id, first.app.client?.client_id)
  t.match(await kept(file), { client: again.app.client, creds: again.app.creds })
})

t.test("requests no new code during an outage of Blot're", async (t) => {
  const file = join(t.testdir(), 'lamp.json')
  const { app } = await run(t, { file })
  await simulator.expire({ name: 'ann', credentials: undefined })
  await simulator.fault(t, { match: 'access_token', status: 503, times: 1 })
  t.match(await failure(run(t, { file })), { failure: { kind: 'transient' } })
  t.match(await kept(file), { creds: app.creds })
  t.same((await run(t, { file })).codes, [])
})

t.test('deletes its file after a revocation', async (t) => {
  const file = join(t.testdir(), 'lamp.json')
  const { app } = await run(t, { file })
  await app.revoke()
  await t.rejects(stat(file), { code: 'ENOENT' })
})

t.test('derives the name of its file from its own', async (t) => {
  const cwd = process.cwd()
  process.chdir(t.testdir())
  t.teardown(() => process.chdir(cwd))
  await run(t, { name: 'Desk/Lamp' })
  t.ok(await stat('Desk_Lamp.client_data.json'))
})

t.test('rejects when the code has expired, or when the signal aborts', async (t) => {
  const file = join(t.testdir(), 'lamp.json')
  let now = Date.now()
  const late = run(t, { file, now: () => now, onCode: () => { now += 20 * 60_000 } })
  t.match(await failure(late), { failure: { kind: 'rejected', reason: 'one-time code was not entered in time' } })

  const stop = new AbortController()
  const { pause: _, ...patient } = options({ file, signal: stop.signal, onCode: () => stop.abort(new Error('enough')) })
  await t.rejects(createDisposableApp(patient), { name: 'AbortError' })
  await t.rejects(stat(file), { code: 'ENOENT' })
})

t.test('overwrites no other file', async (t) => {
  const file = join(t.testdir(), 'diary.json')
  for (const text of ['Dear diary', '{"client":{},"creds":{}}', '[]', '']) {
    await writeFile(file, text)
    await t.rejects(run(t, { file }), { message: `${file} does not hold a client of Blot're` })
    t.equal(await readFile(file, 'utf8'), text)
  }
})

t.test("reads a file that another library of Blot're has written", async (t) => {
  const file = join(t.testdir(), 'lamp.json')
  const { app } = await run(t, { file })
  await writeFile(file, JSON.stringify({ client: app.client, creds: app.creds, config: { protocol: 'https', host: 'blot.re' } }))
  t.same((await run(t, { file })).codes, [])
})

t.test("lets Blot're validate the name", async (t) => {
  const error = await failure(run(t, { name: 'ab', file: join(t.testdir(), 'x') }))
  t.ok(error instanceof RestError && error instanceof ProviderError)
  t.match(error, { status: 400, failure: { kind: 'rejected', reason: 'parameter name refused' } })
})

/** Runs the app with a user who enters the code just before the third poll. */
async function run (t: Test, more: Partial<DisposableAppOptions>) {
  const codes: Array<{ code: string, redeemUrl: string }> = []
  const pauses: number[] = []
  const app = await createDisposableApp(options({
    onCode: (displayed) => { codes.push(displayed) },
    pause: async (delayMs) => {
      if (pauses.push(delayMs) === 3) await enter(codes.at(-1)?.code ?? '')
    },
    ...more
  }))
  t.teardown(() => app.close())
  return { app, codes, pauses }
}

function options (more: Partial<DisposableAppOptions>): DisposableAppOptions {
  return { name: 'Desk lamp', blurb: 'Shows the color of your stream.', config: { url }, onCode: () => {}, pause: async () => {}, ...more }
}

async function enter (code: string): Promise<void> {
  await fetch(`${url}/v0/oauth2/redeem?${new URLSearchParams({ code, auto: 'allow', account: 'ann' })}`, { redirect: 'manual' })
}

async function failure (attempt: Promise<unknown>): Promise<unknown> {
  return await attempt.then(() => undefined, (error: unknown) => error)
}

async function kept (file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'))
}

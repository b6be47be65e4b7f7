import { sandboxEnvironment } from '@carillon/testing'
import t from 'tap'
import { openContext } from '../open-context.ts'
import { runCarillon } from '../../run-carillon.ts'

t.test('requires a client, except with --token-stdin', async (t) => {
  const context = await openContext(t)
  const env = { ...context.env, CARILLON_DATA_DIR: '/nonexistent' }
  t.match(await runCarillon(['connect', 'pushbullet'], env), { code: 2, stderr: /PUSHBULLET_CLIENT_ID and .* are not set; .* with --token-stdin/ })
  const { data: [{ accessToken }] } = await context.control<{ data: [{ accessToken: string }] }>('POST', 'accounts', { provider: 'pushbullet', count: 1 })
  const { PUSHBULLET_API_URL = '' } = await sandboxEnvironment(context.sandboxUrl, 'pushbullet')
  const named = { ...env, PUSHBULLET_API_URL }
  t.match(await runCarillon(['connect', 'pushbullet', '--token-stdin'], named, { input: `${accessToken}\n` }), { code: 0 })
})

t.test('reads an access token from standard input, and refuses an invalid one', async (t) => {
  const context = await openContext(t)
  const { data: [{ account, accessToken }] } =
    await context.control<{ data: [{ account: string, accessToken: string }] }>('POST', 'accounts', { provider: 'pushbullet', count: 1 })
  const args = ['connect', 'pushbullet', '--token-stdin', '--json']
  const wrong = await runCarillon(args, context.env, { input: `o.${'x'.repeat(32)}` })
  t.equal(wrong.code, 1)
  t.match(JSON.parse(wrong.stdout), { status: 'failed', reason: /access token is not accepted/ })
  const { code, stdout, stderr } = await runCarillon(args, context.env, { input: `${accessToken}\n` })
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { provider: 'pushbullet', account: { id: /./ }, file: context.file, status: 'connected' })
  t.notOk(`${stdout}${stderr}`.includes(accessToken))

  t.match(await runCarillon(['connect', 'pushbullet'], context.env), { code: 0, stdout: /Already connected/ })
  await context.control('POST', 'tokens/revoke', { provider: 'pushbullet', account })
  t.match(await runCarillon(['connect', 'pushbullet'], context.env), { code: 1, stderr: /no longer valid .*--again/ })
  t.match(await runCarillon(['connect', 'pushbullet', '--remove'], context.env), { code: 0, stdout: /does not let programs revoke access/ })
  t.same((await context.stored()).connections, [])
  const none = { code: 2, stderr: /needs more than an access token/ }
  t.match(await runCarillon(['connect', 'pumpio', `a@${context.pumpioHost}`, '--token-stdin'], context.env, { input: accessToken }), none)
})

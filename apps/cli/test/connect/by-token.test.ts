import { sandboxEnvironment } from '@carillon/testing'
import t from 'tap'
import { openHouse } from './open-house.ts'
import { runCarillon } from './run-carillon.ts'

t.test('needs a client, as --token-stdin does not', async (t) => {
  const house = await openHouse(t)
  const env = { ...house.env, CARILLON_DATA_DIR: '/nonexistent' }
  t.match(await runCarillon(['connect', 'pushbullet'], env), { code: 2, stderr: /PUSHBULLET_CLIENT_ID and .* are not set; .* with --token-stdin/ })
  const { data: [{ accessToken }] } = await house.control<{ data: [{ accessToken: string }] }>('POST', 'accounts', { provider: 'pushbullet', count: 1 })
  const { PUSHBULLET_API_URL = '' } = await sandboxEnvironment(house.sandboxUrl, 'pushbullet')
  const named = { ...env, PUSHBULLET_API_URL }
  t.match(await runCarillon(['connect', 'pushbullet', '--token-stdin'], named, { input: `${accessToken}\n` }), { code: 0 })
})

t.test('takes an access token from standard input, and none that is wrong', async (t) => {
  const house = await openHouse(t)
  const { data: [{ account, accessToken }] } =
    await house.control<{ data: [{ account: string, accessToken: string }] }>('POST', 'accounts', { provider: 'pushbullet', count: 1 })
  const args = ['connect', 'pushbullet', '--token-stdin', '--json']
  const wrong = await runCarillon(args, house.env, { input: `o.${'x'.repeat(32)}` })
  t.equal(wrong.code, 1)
  t.match(JSON.parse(wrong.stdout), { status: 'failed', reason: /access token is not accepted/ })
  const { code, stdout, stderr } = await runCarillon(args, house.env, { input: `${accessToken}\n` })
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { provider: 'pushbullet', account: { id: /./ }, file: house.file, status: 'connected' })
  t.notOk(`${stdout}${stderr}`.includes(accessToken))

  t.match(await runCarillon(['connect', 'pushbullet'], house.env), { code: 0, stdout: /Already connected/ })
  await house.control('POST', 'tokens/revoke', { provider: 'pushbullet', account })
  t.match(await runCarillon(['connect', 'pushbullet'], house.env), { code: 1, stderr: /no longer valid .*--again/ })
  t.match(await runCarillon(['connect', 'pushbullet', '--remove'], house.env), { code: 0, stdout: /does not let programs revoke access/ })
  t.same((await house.kept()).connections, [])
  const none = { code: 2, stderr: /needs more than an access token/ }
  t.match(await runCarillon(['connect', 'pumpio', `a@${house.pumpioHost}`, '--token-stdin'], house.env, { input: accessToken }), none)
})

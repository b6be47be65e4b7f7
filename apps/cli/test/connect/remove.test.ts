import t from 'tap'
import { connectUnattended } from './enter-code.ts'
import { openHouse } from './open-house.ts'
import type { House } from './open-house.ts'
import { runCarillon } from './run-carillon.ts'

t.test('ends access at the provider, and forgets the credentials', async (t) => {
  const house = await openHouse(t)
  const alice = await house.keepBlotre()
  t.equal(await status(house, alice.accessToken), 200)

  await house.control('POST', 'faults', { provider: 'blotre', match: '/revoke', status: 503 })
  const failed = await runCarillon(['connect', 'blotre', '--remove'], house.env)
  t.match(failed, { code: 1, stderr: /could not be revoked at the provider, so nothing was removed/ })
  t.equal((await house.kept()).connections.length, 1)

  await house.control('DELETE', 'faults')
  const { code, stdout } = await runCarillon(['connect', 'blotre', '--remove', '--json'], house.env)
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { provider: 'blotre', account: { name: alice.name }, file: house.file, status: 'removed' })
  t.equal(await status(house, alice.accessToken), 404, 'the token is dead at the service')
  t.same((await house.kept()).connections, [])
  t.match(await runCarillon(['connect', 'blotre', '--remove'], house.env), { code: 0, stdout: 'There is no connection to Blot\'re to remove.' })
})

t.test('ends the old access when it connects again', async (t) => {
  const house = await openHouse(t)
  const alice = await house.keepBlotre()
  t.match(await connectUnattended(house, 'bob', ['--again']), { status: 'connected' })
  const { connections } = await house.kept()
  t.equal(connections.length, 1)
  t.match(connections, [{ account: { name: 'bob' } }])
  t.equal(await status(house, alice.accessToken), 404)
})

async function status ({ sandboxUrl }: House, token: string): Promise<number> {
  return (await fetch(`${sandboxUrl}/blotre/v0/oauth2/token_info?token=${token}`)).status
}

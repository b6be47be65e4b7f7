import t from 'tap'
import { connectUnattended } from './enter-code.ts'
import { openContext } from './open-context.ts'
import type { ConnectContext } from './open-context.ts'
import { runCarillon } from '../run-carillon.ts'

t.test('revokes the access at the provider, and deletes the credentials', async (t) => {
  const context = await openContext(t)
  const alice = await context.storeBlotre()
  t.equal(await status(context, alice.accessToken), 200)

  await context.control('POST', 'faults', { provider: 'blotre', match: '/revoke', status: 503 })
  const failed = await runCarillon(['connect', 'blotre', '--remove'], context.env)
  t.match(failed, { code: 1, stderr: /could not be revoked at the provider, so nothing was removed/ })
  t.equal((await context.stored()).connections.length, 1)

  await context.control('DELETE', 'faults')
  const { code, stdout } = await runCarillon(['connect', 'blotre', '--remove', '--json'], context.env)
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { provider: 'blotre', account: { name: alice.name }, file: context.file, status: 'removed' })
  t.equal(await status(context, alice.accessToken), 404, 'the token is revoked at the service')
  t.same((await context.stored()).connections, [])
  t.match(await runCarillon(['connect', 'blotre', '--remove'], context.env), { code: 0, stdout: 'There is no connection to Blot\'re to remove.' })
})

t.test('revokes the old access when it connects again', async (t) => {
  const context = await openContext(t)
  const alice = await context.storeBlotre()
  t.match(await connectUnattended(context, 'bob', ['--again']), { status: 'connected' })
  const { connections } = await context.stored()
  t.equal(connections.length, 1)
  t.match(connections, [{ account: { name: 'bob' } }])
  t.equal(await status(context, alice.accessToken), 404)
})

async function status ({ sandboxUrl }: ConnectContext, token: string): Promise<number> {
  return (await fetch(`${sandboxUrl}/blotre/v0/oauth2/token_info?token=${token}`)).status
}

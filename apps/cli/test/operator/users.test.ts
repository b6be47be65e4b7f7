import t from 'tap'
import { addUsers } from '../../src/commands/users.ts'
import { describeDeletion } from '../../src/operator/describe-deletion.ts'
import { runInProcess } from '../run-in-process.ts'
import { startTestStack } from '../start-test-stack.ts'

const stack = await startTestStack(t)
const [connection = ''] = await stack.connect('ann')
const users = (...args: string[]) => runInProcess(addUsers, ['users', ...args], stack.env).exited

t.test('exports a user as one JSON document', async (t) => {
  const { code, stdout } = await users('export', 'ann')
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { user: { userId: 'ann' }, connections: [{ id: connection }], deliveries: [] })
  t.match(await users('export', 'unknown'), { code: 1, stdout: '', stderr: /There is no such user/ })
})

t.test('deletes a user after a confirmation, and reports what became of the access', async (t) => {
  t.match(await users('delete', 'ann'), { code: 2, stdout: '', stderr: /Without a terminal this requires --yes; nothing was deleted/ })
  t.match(await users('export', 'ann'), { code: 0 }, 'the user is still there')
  const { code, stdout } = await users('delete', 'ann', '--yes')
  t.equal(code, 0)
  t.match(stdout, /^ann has lost all access\./)
  t.match(stdout, RegExp(`^ {2}${connection} \\(pushbullet\\): `, 'm'))
  t.match(JSON.parse((await users('delete', 'ann', '--yes', '--json')).stdout), { userId: 'ann', status: /running|completed/ })
  t.match(await users('delete', 'unknown', '--yes'), { code: 1, stderr: /There is no such user/ })
})

t.test('describes every outcome, and hides control characters', async (t) => {
  const base = { connectionId: 'con_1', provider: 'blotre', teamId: null, reason: null }
  const lines = describeDeletion({
    userId: 'a\u001b[2J',
    status: 'completed',
    connections: [
      { ...base, revocation: 'revoked' },
      { ...base, revocation: 'failed', reason: 'not available now' },
      { ...base, teamId: 'crew', revocation: 'notSupported' }
    ],
    teams: { left: ['crew'], ownerless: ['crew'] },
    erased: { connections: 3, deliveries: 2 },
    kept: [{ data: 'Ids', reason: 'Counts' }]
  })
  t.notOk(lines.join('').includes('\u001b'))
  t.same(lines.slice(1), [
    '  con_1 (blotre): revoked',
    '  con_1 (blotre): not revoked: not available now',
    '  con_1 (blotre, which the owner of the team crew has to connect again): credentials erased; the provider has no revocation',
    '  The team crew needs another owner.',
    'Erased so far: connections 3, deliveries 2',
    'Kept:',
    '  Ids. Counts.'
  ])
})

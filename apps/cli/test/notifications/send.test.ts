import t from 'tap'
import { startTestStack } from '../start-test-stack.ts'

// Every command starts a process, which takes a second or two.
t.setTimeout(300_000)

const { carillon, connect, putTeam, arrived, startWorker } = await startTestStack(t)

t.test('sends to named users, and lists the ones that cannot be reached', async (t) => {
  await connect('ann', 'ben')
  const both = await carillon('send', '--to', 'ann', 'ben', 'nobody', '--title', 'Both')
  t.match(both, { code: 0, stdout: /^ntf_\S+ "Both" goes to 2 connections$/, stderr: 'nobody: unknown user' })

  const json = await carillon('send', '--to', 'ann', '--to', 'ben', '--body', 'For programs', '--url', 'https://site.example/', '--json')
  t.match(JSON.parse(json.stdout), {
    audience: { userIds: ['ann', 'ben'] }, message: { type: 'link', body: 'For programs', url: 'https://site.example/' }, deliveries: 2, unreachable: []
  })
})

t.test('fails when no user can be reached', async (t) => {
  t.match(await carillon('send', '--to', 'nobody', '--title', 'Hello'), { code: 1, stderr: /no user could be reached/ })
})

t.test('sends to the members of teams', async (t) => {
  await putTeam('crew', 'ann', 'ben', 'carl')
  const { code, stdout, stderr } = await carillon('send', '--team', 'crew', 'nowhere', '--title', 'All hands')
  t.match({ code, stdout }, { code: 0, stdout: /^ntf_\S+ "All hands" goes to 2 connections$/ })
  t.same(stderr.split('\n'), ['carl: has no usable connection', 'nowhere: unknown team'])
  t.match((await carillon('notifications')).stdout, /members of crew, nowhere/)
})

t.test('reports an invalid command line', async (t) => {
  const invalid = { code: 2, stderr: /either --to <user\.\.\.> or --team <team\.\.\.>/ }
  t.match(await carillon('send', '--title', 'Hello'), invalid)
  t.match(await carillon('send', '--to', 'ann', '--team', 'crew', '--title', 'Hello'), invalid)
  t.match(await carillon('send', '--to', 'ann'), { code: 2, stderr: /write a message/ })
})

t.test('waits until the notification is completed with --wait', async (t) => {
  await startWorker()
  t.match(await carillon('send', '--to', 'ann', '--title', 'Waited', '--wait'), { code: 0, stdout: /is completed: 1 of 1 sent$/ })
  t.equal(await arrived('Waited'), 1)

  const { code, stdout } = await carillon('send', '--to', 'ann', 'nobody', '--title', 'Partly', '--wait', '--json')
  t.equal(code, 1)
  t.match(JSON.parse(stdout), { counts: { sent: 1 }, unreachable: [{ userId: 'nobody' }], failures: [] })
})

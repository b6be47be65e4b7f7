import t from 'tap'
import { startTestStack } from '../start-test-stack.ts'

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

t.test('passes on every field of a message', async (t) => {
  const options = [
    '--image', 'https://site.example/a.png', '--urgency', 'high', '--collapse-key', 'order 7',
    '--action', 'Track = find it=https://site.example/?a=7', '--action', 'Cancel it=https://site.example/c'
  ]
  const sent = await carillon('send', '--to', 'ann', '--title', 'All', ...options, '--json')
  t.same(JSON.parse(sent.stdout).message, {
    type: 'note',
    title: 'All',
    image: 'https://site.example/a.png',
    actions: [{ title: 'Track = find it', url: 'https://site.example/?a=7' }, { title: 'Cancel it', url: 'https://site.example/c' }],
    urgency: 'high',
    collapseKey: 'order 7'
  })
  t.match(await carillon('send', '--to', 'ann', '--title', 'x', '--action', 'https://site.example'), { code: 2, stderr: /Expected a title and a URL/ })
  t.match(await carillon('send', '--to', 'ann', '--title', 'x', '--image', 'http://site.example/a.png'), { code: 2, stderr: /message\.image must start with https/ })
})

t.test('shows with --preview what each provider would show, and sends nothing', async (t) => {
  const before = (await carillon('notifications', '--json')).stdout
  const args = ['send', '--to', 'ann', '--title', 'Ready', '--body', 'Your order\nis here', '--urgency', 'high', '--action', 'Track it=https://site.example/7', '--preview']
  t.same(await carillon(...args), {
    code: 0,
    stdout: [
      '1 connection',
      'pushbullet: 1',
      '  title    Ready',
      '  text     Your order',
      '           is here',
      '           Track it: https://site.example/7',
      '  omits    urgency'
    ].join('\n'),
    stderr: ''
  })
  t.match(JSON.parse((await carillon(...args, '--json')).stdout), { total: 1, providers: [{ provider: 'pushbullet', shows: { title: 'Ready', omitted: ['urgency'] } }] })
  t.equal((await carillon('notifications', '--json')).stdout, before)
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

t.test('lists users, connections and providers, and filters lists', async (t) => {
  await putTeam('list-team', 'list-owner')
  const users = await carillon('users', '--prefix', 'list-')
  t.match(users, { code: 0, stdout: /^ACTIVE {2}NEEDS REAUTH {2}REVOKED {2}CREATED +USER +NAME\n +0 +0 +0 {2}\d{4}-\S+ \S+Z {2}list-owner$/, stderr: '' })
  const first = await carillon('users', 'list', '--limit', '1', '--json')
  t.match(JSON.parse(first.stdout), [{ userId: 'ann', connections: { active: 1 } }])
  t.equal(first.stderr, 'There are more users: --all lists them.')
  const all = JSON.parse((await carillon('users', 'list', '--all', '--json')).stdout)
  t.same(['ann', 'ben', 'list-owner'].filter((id) => !all.some(({ userId }: { userId: string }) => userId === id)), [])

  const listed = await carillon('connections', 'list', '--provider', 'pushbullet', '--status', 'active', '--user', 'ann')
  t.match(listed, { code: 0, stdout: /^CONNECTION.*\ncon_\S+ {2}pushbullet {2}active +\S+ \S+Z {2}ann +\S+/, stderr: '' })
  t.equal((await carillon('connections', '--status', 'revoked', '--json')).stdout, '[]')
  t.match(await carillon('connections', '--status', 'lost'), { code: 2 })
  t.match(await carillon('providers'), { code: 0, stdout: /^PROVIDER.*\npushbullet {2}works/ })
  t.match(JSON.parse((await carillon('providers', 'list', '--json')).stdout), [{ provider: 'pushbullet', canSend: true }])

  const [{ id }] = JSON.parse((await carillon('notifications', '--user', 'ben', '--limit', '1', '--json')).stdout)
  t.match(JSON.parse((await carillon('deliveries', id, '--user', 'ben', '--provider', 'pushbullet', '--json')).stdout), [{ userId: 'ben' }])
  t.match(await carillon('notifications', '--status', 'paused'), { code: 0, stdout: '', stderr: 'There are no such notifications.' })
  t.match(await carillon('notifications', 'show', id, '--status', 'paused'), { code: 2, stderr: /unknown option '--status'/ })
  t.match(await carillon('notifications', id), { code: 2, stderr: /write `.*notifications show ntf_/ })
})

import t from 'tap'
import { openTerminal, terminalMissing } from '../open-terminal.ts'
import { startTestStack, users } from '../start-test-stack.ts'

t.test('in a terminal', { skip: terminalMissing }, async (t) => {
  const stack = await startTestStack(t)
  await stack.connect(...users(101))
  const command = (title: string) => ['broadcast', '--title', title, '--watch']

  await t.test('asks before it sends to more than a hundred connections, and sends nothing without a yes', async (t) => {
    for (const [answer, code] of [['n\r', 1], ['\r', 1], ['\x03', 130]] as const) {
      const terminal = await openTerminal(t, command('No'), stack.env)
      await terminal.see(/Send to 101 connections\? \[y\/N\]/)
      terminal.type(answer)
      t.same(await terminal.ended(), { code, isRestored: true })
    }
    t.same(JSON.parse((await stack.carillon('notifications', '--json')).stdout), [])
  })

  await t.test('draws a progress bar', async (t) => {
    await stack.startWorker()
    const terminal = await openTerminal(t, command('Yes'), stack.env)
    await terminal.see(/Send to 101 connections/)
    terminal.type('y\r')
    await terminal.see(/pushbullet {2}█{10,} {2}100% {2}101 of 101/)
    await terminal.see(/ntf_\S+ is completed: 101 of 101 sent/)
    t.same(await terminal.ended(), { code: 0, isRestored: true })
    t.equal(await stack.arrived('Yes'), 101)
  })

  await t.test('restores the terminal on Ctrl-C', async (t) => {
    const terminal = await openTerminal(t, [...command('Later'), '--yes', '--send-at', '2099-01-01T00:00:00Z'], stack.env)
    await terminal.see(/must be within 60 days/)
    t.match(await terminal.ended(), { code: 2 })
    const soon = new Date(Date.now() + 3_600_000).toISOString()
    const other = await openTerminal(t, [...command('Later'), '--yes', '--send-at', soon], stack.env)
    await other.see(/"Later": scheduled/)
    other.type('\x03')
    await other.see(/stopped watching; ntf_\S+ continues/)
    t.same(await other.ended(), { code: 130, isRestored: true })
  })
})

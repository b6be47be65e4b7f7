import { sandboxEnvironment } from '@carillon/testing'
import t from 'tap'
import { openContext } from '../open-context.ts'
import { openTerminal, terminalMissing } from '../../open-terminal.ts'
import { runCarillon } from '../../run-carillon.ts'

t.test('connects an address in a terminal, with a wrong one first, and sends no code to it', { skip: terminalMissing }, async (t) => {
  const context = await openContext(t)
  const { NTFY_HTTP_HOSTS: host = '' } = await sandboxEnvironment(context.sandboxUrl, 'ntfy')
  const { accessToken } = await context.control<{ accessToken: string }>('POST', 'ntfy/tokens', { account: 'alerts' })

  const terminal = await openTerminal(t, ['connect', 'ntfy'], context.env)
  await terminal.see(/Enter the address of your topic[\s\S]*Topic \(such as \S+\): $/)
  terminal.type('no topic at all\r')
  await terminal.see(/That did not work \(the address must be one URL.*\n+Topic \(such as \S+\): $/)
  terminal.type(`http://${host}/alerts ${accessToken}\r`)
  t.same(await terminal.ended(), { code: 0, isRestored: true })
  t.match(terminal.screen(), `Connected to ntfy as ${host}/al`)
  const { connections } = await context.stored()
  t.match(connections, [{ provider: 'ntfy', credentials: { host, topic: 'alerts', accessToken } }])
  t.match(await context.control('GET', 'inbox?provider=ntfy'), { data: [] })

  t.match(await runCarillon(['connect', 'ntfy'], context.env), { code: 0, stdout: /Already connected to ntfy/ })
  await context.control('POST', 'tokens/revoke', { provider: 'ntfy', account: 'alerts' })
  t.match(await runCarillon(['connect', 'ntfy'], context.env), { code: 1, stderr: /no longer valid .*--again/ })
  t.match(await runCarillon(['connect', 'ntfy', '--remove'], context.env), { code: 0, stdout: /does not let programs revoke access/ })
})

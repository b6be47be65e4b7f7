import { definitions } from '@carillon/shared/providers'
import { sandboxEnvironment } from '@carillon/testing'
import t from 'tap'
import { chooseProvider } from '../../src/connect/choose-provider.ts'
import { openTerminalProviders } from '../../src/connect/terminal-providers.ts'
import { runCarillon } from '../run-carillon.ts'
import { openContext } from './open-context.ts'

t.test('says why a terminal cannot connect a provider, and what to do instead', async (t) => {
  const env = { CARILLON_DATA_DIR: t.testdir({ 'up.json': JSON.stringify({ apiUrl: 'http://127.0.0.1:4123' }) }) }
  const known = await openTerminalProviders(env)
  t.teardown(() => known.http.close())
  const others = definitions.filter(({ terminal }) => terminal === undefined)
  t.not(others.length, 0)
  for (const { id, name, noTerminal } of others) {
    t.type(noTerminal, 'string', `${name} gives a reason`)
    t.throws(() => chooseProvider(id, known), {
      status: 'usage',
      message: `${name} cannot be connected in a terminal: ${noTerminal}. Connect it on the connect page, ` +
        'http://127.0.0.1:4123/connect, with the link that POST /v1/user-tokens returns as connectUrl'
    })
  }
  for (const { id, terminal } of definitions) {
    if (terminal !== undefined) t.equal(chooseProvider(id, known).id, id, `${id} can be connected in a terminal`)
  }
})

t.test('names the providers of the registry and of files for an unknown id', async (t) => {
  const context = await openContext(t)
  const env = { ...context.env, ...await sandboxEnvironment(context.sandboxUrl, 'noticeboard') }
  const { code, stdout, stderr } = await runCarillon(['connect', 'notice\u001bboard', '--json'], env)
  t.equal(code, 2)
  t.match(JSON.parse(stdout), { account: null, status: 'usage', reason: /^there is no provider .*; a terminal can connect pushbullet, .*, noticeboard$/ })
  t.notMatch(stderr, '\u001b', 'a typed control character does not reach the terminal')
})

t.test('reports the errors of files only when the provider may be in one of them', async (t) => {
  const context = await openContext(t)
  const env = { ...context.env, OAUTH2_PROVIDERS: `${t.testdir({ 'board.yaml': 'id: board\n' })}/board.yaml` }
  t.match(await runCarillon(['connect', 'board'], env), { code: 1, stderr: /board\.yaml: name is missing/ })
  await context.storeBlotre()
  t.match(await runCarillon(['connect', 'blotre'], env), { code: 0, stdout: /Already connected/ })
})

import t from 'tap'
import { commandName, nameCommands } from '../src/command-name.ts'

const start = (script: string, env: Record<string, string> = {}, execArgv: string[] = []) =>
  commandName({ argv: ['/usr/bin/node', script], execArgv, env, cwd: '/srv/carillon' })

t.test('names the program as it was started', async (t) => {
  const script = '/srv/carillon/apps/cli/src/main.ts'
  t.equal(start(script, { npm_command: 'run-script', npm_lifecycle_event: 'carillon' }), 'npm run carillon --')
  t.equal(start(script, { npm_command: 'run', npm_lifecycle_event: 'carillon' }), 'npm run carillon --')
  t.equal(start(script, { npm_command: 'start', npm_lifecycle_event: 'start' }), 'npm run carillon --')
  t.equal(start('/x/.bin/carillon', { npm_command: 'exec', npm_lifecycle_event: 'npx' }), 'npx carillon')
  t.equal(start('/usr/local/bin/carillon', { PATH: '/bin:/usr/local/bin' }), 'carillon')
  t.equal(start('/opt/bin/carillon', { PATH: '/bin' }), 'node /opt/bin/carillon', 'not on the PATH')
  t.equal(start(script, {}, ['--import', 'tsx']), 'node --import tsx apps/cli/src/main.ts')
  t.equal(start(script, {}, ['--inspect', '--import', 'file:///x/node_modules/tsx/dist/loader.mjs']), 'node --import tsx apps/cli/src/main.ts')
  t.equal(start(script, { npm_command: 'run-script', npm_lifecycle_event: 'deploy' }), 'node apps/cli/src/main.ts', 'a script of another project')
})

t.test('replaces the name that may not be on the PATH', async (t) => {
  const named = nameCommands('npm run carillon --', ['up', 'keys', 'notifications'])
  t.equal(named('`carillon keys list` shows them; carillon up'), '`npm run carillon -- keys list` shows them; npm run carillon -- up')
  t.equal(named('Usage: carillon keys create'), 'Usage: npm run carillon -- keys create')
  t.equal(named('carillon is up, carillon upset, /bin/carillon up, the carillon'), 'carillon is up, carillon upset, /bin/carillon up, the carillon')
})

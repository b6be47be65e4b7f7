import { fileURLToPath } from 'node:url'
import { spawnNode } from '@carillon/testing'
import t from 'tap'

const script = fileURLToPath(new URL('fixtures/run-until-stopped.ts', import.meta.url))
/** The output of the fixture, without log lines. */
const own = (lines: string[]) => lines.filter((line) => !line.startsWith('{'))

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`after ${signal}, stops work, aborts what runs, closes the last resource first and exits with 0`, async (t) => {
    const app = spawnNode(t, script)
    await app.ready
    t.same(await app.stop(signal), { code: 0, signal: undefined })
    t.same(own(app.stdout), ['stopped accepting work', 'closed the server', 'closed the database'])
    t.match(app.output(), /"msg":"stopping"[^]*"msg":"stopped"/)
  })
}

t.test('exits when its parent process ends', async (t) => {
  const app = spawnNode(t, script)
  await app.ready
  t.match(await app.abandon(), { code: 0 })
})

t.test('exits with 1 when a resource does not close, and logs the reason', async (t) => {
  const app = spawnNode(t, script, { args: ['server'] })
  await app.ready
  t.match(await app.stop(), { code: 1 })
  t.match(app.output(), /"message":"the server does not close"[^]*"msg":"the shutdown failed"/)
})

import { fileURLToPath } from 'node:url'
import type { ServerResponse } from 'node:http'
import { spawnNode, until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { web } from './local-server.ts'

const limitMs = 1_000

for (const whose of ['own', 'caller']) {
  t.test(`a process that was stopped for longer than the limit of its ${whose} reads what came in meanwhile`, async (t) => {
    t.equal(await askAndStop(t, whose, (response) => response.end('rotated')), 'rotated')
  })
}

t.test('and waits no longer for what has not come', async (t) => {
  t.equal(await askAndStop(t, 'own', () => {}), 'timeout')
})

/** What a process says that asks, is stopped before it has an answer, and goes on when its time is over. */
async function askAndStop (t: Test, whose: string, answer: (response: ServerResponse) => void): Promise<string | undefined> {
  let asked: ServerResponse | undefined
  const url = await web(t, (_, response) => { asked = response })
  const asking = spawnNode(t, fileURLToPath(new URL('fixtures/ask-once.ts', import.meta.url)), { args: [url, whose, String(limitMs)] })
  const response = await until(() => asked, { timeoutMs: 20_000, everyMs: 5 })
  process.kill(asking.pid, 'SIGSTOP')
  const stoppedAt = Date.now()
  answer(response)
  await until(() => Date.now() - stoppedAt > 2 * limitMs)
  process.kill(asking.pid, 'SIGCONT')
  await asking.exited
  return asking.stdout.at(-1)
}

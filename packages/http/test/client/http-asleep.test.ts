import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnNode, until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { listen } from '../local-server.ts'

const limitMs = 1_000

for (const whose of ['own', 'caller']) {
  t.test(`a process that was suspended for longer than the limit of its ${whose} reads the data that arrived`, async (t) => {
    t.equal(await askAndStop(t, whose, (response) => response.end('rotated')), 'rotated')
  })
}

t.test('and times out when no data arrived', async (t) => {
  t.equal(await askAndStop(t, 'own', () => {}), 'timeout')
})

/** The output of a process that sends a request, is suspended before the response, and continues after its timeout. */
async function askAndStop (t: Test, whose: string, answer: (response: ServerResponse) => void): Promise<string | undefined> {
  let asked: ServerResponse | undefined
  const server = createServer((request, response) => {
    if (request.url === '/before') response.end()
    else asked = response
  })
  // The connection stays open for the next request, however late it is.
  server.keepAliveTimeout = 0
  const url = `http://127.0.0.1:${await listen(t, server)}`
  const goOn = join(t.testdir(), 'go-on')
  const asking = spawnNode(t, fileURLToPath(new URL('fixtures/request-once.ts', import.meta.url)), { args: [url, goOn, whose, String(limitMs)] })
  const response = await until(() => asked)
  const askedAt = Date.now()
  answer(response)
  await until(() => Date.now() - askedAt > 2 * limitMs)
  await writeFile(goOn, '')
  await asking.exited
  return asking.stdout.at(-1)
}

import { stat } from 'node:fs/promises'
import { request } from 'node:http'
import { dirname } from 'node:path'
import t from 'tap'
import { serveOnDemand } from '../../src/run/serve-on-demand.ts'

const servers = { databaseUrl: 'postgres://one', template: 'two', redisUrl: undefined, close: async () => {} }

t.test('starts the servers with the first request, once, and closes them', async (t) => {
  let [opened, closed] = [0, 0]
  const onDemand = await serveOnDemand(async () => {
    opened++
    return { ...servers, close: async () => { closed++ } }
  })
  t.equal(onDemand.started(), undefined)
  t.equal(opened, 0)
  const answers = await Promise.all([1, 2].map(() => ask(onDemand.socketPath)))
  for (const { status, text } of answers) {
    t.equal(status, 200)
    t.same(JSON.parse(text), { databaseUrl: 'postgres://one', template: 'two' })
  }
  t.equal(opened, 1)
  t.equal((await stat(dirname(onDemand.socketPath))).mode & 0o077, 0, 'other users have no access')
  await onDemand.close()
  t.equal(closed, 1)
  await t.rejects(stat(dirname(onDemand.socketPath)), { code: 'ENOENT' })
})

t.test('reports to each test why the servers cannot start', async (t) => {
  const onDemand = await serveOnDemand(async () => { throw new Error('no room') })
  t.match(await ask(onDemand.socketPath), { status: 503, text: 'no room' })
  await onDemand.close()
})

t.test('closes without servers when no test has requested them', async () => {
  const onDemand = await serveOnDemand(async () => { throw new Error('no test has asked') })
  await onDemand.close()
})

function ask (socketPath: string): Promise<{ status: number | undefined, text: string }> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/' }, async (response) => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      resolve({ status: response.statusCode, text })
    }).on('error', reject).end()
  })
}

import { spawnNode, until } from '@carillon/testing'
import { freePort } from '@carillon/local'
import { transform } from 'esbuild'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import type { Test } from 'tap'
import { installPackage } from './install-package.ts'
import { readExamples } from './read-examples.ts'
import { startStack } from './start-stack.ts'

const secret = `whsec_${randomBytes(32).toString('base64')}`

// The examples together are the journey of a site: connect, send, watch, list, disconnect.
t.test('every example of the README runs against Carillon, with the built package', async (t) => {
  const [{ folder }, { apiUrl, apiKey, site }, port] = await Promise.all([installPackage(t), startStack(t), freePort()])
  const env = { CARILLON_API_KEY: apiKey, WEBHOOK_SECRET: secret }
  const examples = await readExamples()
  const printed: string[] = []
  for (const [index, { heading, code }] of examples.entries()) {
    const file = join(folder, `example-${index}.mjs`)
    const here = code.replace('https://notify.site.example', apiUrl).replace('port: 3000', `port: ${port}`)
    await writeFile(file, (await transform(here, { loader: 'ts' })).code)
    const example = spawnNode(t, file, { cwd: folder, env })
    if (code.includes('app.listen')) await receiveWebhook(t, port)
    else t.same(await example.exited, { code: 0, signal: undefined }, example.output())
    printed.push(`${heading}: ${example.stdout.join('\n')}`)
    if (code.includes('app.listen')) {
      t.same(example.stdout, ['received connection.needs_reauth: alice has to reconnect pushbullet'])
      await example.stop()
    }
    if (heading === 'Let a user connect an account') {
      // Alice does what the pages of Carillon and of the provider ask for.
      await site.connect('alice')
    }
  }
  const [, connect, send, connections, page, deliveries, errors, repeated, , disconnect, rotate] = printed
  t.match(connect, new RegExp(`browser to ${apiUrl}/connect#token=`))
  t.match(send, /(completed|sending): 1 sent$/)
  t.match(connections, /con_\S+ at \w+ is active/)
  t.match(page, /: \d notifications/)
  t.match(deliveries, /: sent: .+\./)
  t.match(errors, /: message\.url .+\nRequest \S+ is in the log/)
  t.match(repeated, /: ntf_/)
  t.equal(disconnect, 'Disconnect: ')
  t.match(rotate, /: mobile backend has a new secret\. The earlier one works until \d{4}-\S+Z\.$/)
  const arrived = (await site.inbox('alice')).map(({ item }) => item.title)
  t.ok(arrived.includes('Your order is ready'))
  t.match(await site.api('GET', '/v1/connections?userId=alice'), { data: [] })
})

async function receiveWebhook (t: Test, port: number): Promise<void> {
  const body = JSON.stringify({ type: 'connection.needs_reauth', data: { userId: 'alice', provider: 'pushbullet' } })
  const post = async (signature: string): Promise<number> => (await fetch(`http://127.0.0.1:${port}/webhooks`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
      'webhook-signature': signature
    }
  })).status
  await until(async () => await post('v1,AAAA') === 500)
  t.equal(await post(new Webhook(secret).sign('evt_1', new Date(), body)), 204)
}

import { once } from 'node:events'
import { Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createEmulator } from 'emulate'
import t from 'tap'
import type { Test } from 'tap'
import { credentialsOf, failureOf, openTestSlack, redirectedCode } from './open-test-slack.ts'

// A simulator of Slack that other people wrote.
const client = { client_id: 'carillon', client_secret: 'sandbox-secret', name: 'Carillon', redirect_uris: ['http://127.0.0.1/connect/slack/callback'] }
const url = await openEmulator(t)
const { connect, context, send, slack } = openTestSlack(t, url, { scope: ['chat:write', 'im:write', 'im:history'] })

t.test('installs the app and sends a direct message', async (t) => {
  const grant = await connect(allow)
  t.match(grant, {
    account: { id: /^T\w+\/U\w+$/, name: 'Acme' }, missingPermissions: [], shared: { target: { userId: /^U/, channelId: /^D/ } }
  })
  const credentials = credentialsOf(grant)
  t.same(await slack.identify(credentials, context), grant.account)
  const [channel = '', ts] = (await send(credentials, { body: 'Hello <!channel>', url: 'https://example.com/' }))?.split('/') ?? []
  t.equal(channel, credentials.channelId)
  const history = await call('conversations.history', { channel }, credentials.accessToken)
  t.match(history, { messages: [{ ts, text: 'Title\nHello &lt;!channel&gt;\nhttps://example.com/', blocks: [{ type: 'rich_text' }] }] })
})

t.test('posts to an incoming webhook', async (t) => {
  const { credentials } = await connect(allow)
  // The simulator opens with this one.
  const webhookUrl = `${url}/services/T000000001/B000000001/X000000001`
  await send({ ...credentials, channelId: 'C1', webhookUrl }, { body: 'To a channel' })
  const { channels } = await call('conversations.list', {}, credentials.accessToken) as { channels: Array<{ id: string, name: string }> }
  const channel = channels.find(({ name }) => name === 'general')?.id ?? ''
  t.match(await call('conversations.history', { channel }, credentials.accessToken), {
    messages: [{ text: 'Title\nTo a channel', blocks: [{ type: 'rich_text' }] }]
  })
})

t.test('has one conversation and one workspace for every installation', async (t) => {
  const [first, second] = [await connect(allow), await connect(allow)]
  t.same(second.shared, first.shared)
  t.same(second.account, first.account)
})

t.test('is refused in the same way', async (t) => {
  const credentials = credentialsOf(await connect(allow))
  await failureOf(t, connect(async () => 'unknown'), 'rejected')
  t.match(await failureOf(t, send({ ...credentials, userId: 'U0NOBODY', channelId: 'D0NOBODY' }), 'gone'), { reason: /user_not_found/ })
})

/** Clicks the first person on the consent page. */
async function allow (page: string): Promise<string> {
  const form = new URLSearchParams()
  for (const [, name = '', value = ''] of (await (await fetch(page)).text()).matchAll(/name="(\w+)" value="([^"]*)"/g)) form.set(name, value)
  return await redirectedCode(fetch(`${url}/oauth/v2/authorize/callback`, { method: 'POST', body: form, redirect: 'manual' }))
}

async function call (method: string, parameters: Record<string, string>, token: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}` }
  return await (await fetch(`${url}/api/${method}`, { method: 'POST', headers, body: new URLSearchParams(parameters) })).json()
}

/** It would listen on all interfaces, so its server gets an address of this machine. */
async function openEmulator (t: Test): Promise<string> {
  const { listen } = Server.prototype
  const servers: Server[] = []
  Object.assign(Server.prototype, {
    listen (this: Server): Server {
      servers.push(this)
      return listen.call(this, { port: 0, host: '127.0.0.1' })
    }
  })
  const seed = { slack: { team: { name: 'Acme' }, oauth_apps: [client], users: [{ name: 'ann' }] } }
  const { close } = await createEmulator({ service: 'slack', seed }).finally(() => { Server.prototype.listen = listen })
  t.teardown(close)
  const [server] = servers
  if (server === undefined) throw new Error('the emulator opened no server')
  if (!server.listening) await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

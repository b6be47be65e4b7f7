import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Credentials } from '../../../src/providers/credentials.ts'
import type { DiscordCredentials, Webhook } from '../../../src/providers/discord/credentials.ts'
import { openSimulator } from '../conformance/simulator.ts'
import { failureOf, openTestDiscord } from './open-test-discord.ts'

const simulator = await openSimulator(t, 'discord')
const url = `${simulator.url}/discord`
const channels = openTestDiscord(t, url)
const people = openTestDiscord(t, url, { botToken: 'sandbox-bot-token' })
const { discord, context, send } = channels

t.test('offers a channel by sign-in, or direct messages with a bot', async (t) => {
  t.match(discord.handshakes.code, {
    authorizeUrl: `${url}/oauth2/authorize`, tokenUrl: `${url}/api/oauth2/token`, tokenRequest: { format: 'form' }, scope: ['webhook.incoming', 'identify']
  })
  t.same(people.discord.handshakes.code?.scope, ['identify'])
  t.same(discord.origins, [simulator.url])
  t.equal(discord.inbound, undefined, 'no events without a public key')
  const pasted = openTestDiscord(t, url, { clientId: undefined, clientSecret: undefined }).discord
  t.same(Object.keys(pasted.handshakes), ['address'], 'without an application, users paste the URL of a webhook')
})

t.test('refuses settings that cannot work', async (t) => {
  for (const [options, message] of [
    [{ clientSecret: undefined }, /belong together/],
    [{ clientId: undefined }, /belong together/],
    [{ scope: ['webhook.incoming'] }, /needs identify/],
    [{ scope: ['identify'] }, /needs webhook.incoming for channels, or DISCORD_BOT_TOKEN/]
  ] as const) t.throws(() => openTestDiscord(t, url, options), { name: 'TypeError', message })
})

t.test('keeps the webhook of the channel that the user chose, and nothing else', async (t) => {
  const grant = await channels.signIn('ann', { channel: 'alerts' })
  t.same(Object.keys(grant.credentials).sort(), ['isOwn', 'webhookId', 'webhookToken'], 'no access token')
  t.match(grant, {
    account: { id: /^\d+$/, name: /^Carillon \(channel …\d{4}\)$/, grantedBy: /^\d+$/ }, missingPermissions: [], expiresAt: undefined, shared: undefined
  })
  t.equal(grant.account.host, grant.account.id, 'a channel has a limit of its own')
  const { grantedBy, ...account } = grant.account
  t.ok(grantedBy)
  t.same(await discord.identify(grant.credentials, context), account)
  await send(grant.credentials, { body: 'Hello' })
  t.match(await messages('ann#alerts'), [{ title: 'Title', text: 'Hello' }])
  t.same(await messages('ann'), [])
})

t.test('deletes the webhook of a sign-in that fails after Discord has created it', async (t) => {
  const before = await simulator.calls('DELETE /discord/api/v10/webhooks/:webhookId/:webhookToken')
  await simulator.fault(t, { match: '/oauth2/@me', status: 503 })
  await failureOf(t, channels.signIn('eva', { channel: 'alerts' }), 'transient')
  t.equal(await simulator.calls('DELETE /discord/api/v10/webhooks/:webhookId/:webhookToken'), before + 1)
})

t.test('connects the webhook whose URL a user pastes', async (t) => {
  const pasted = await createWebhook('bob')
  const grant = await channels.paste(pasted)
  t.match(grant, { account: { name: /^Captain Hook \(channel …\d{4}\)$/, grantedBy: undefined }, credentials: { isOwn: undefined } })
  await send(grant.credentials)
  t.equal((await messages('bob')).length, 1)
  const [, id = '', token = ''] = /webhooks\/(\d+)\/(.+)$/.exec(pasted) ?? []
  for (const host of ['discord.com', 'discordapp.com', 'ptb.discord.com', 'canary.discord.com']) {
    for (const path of ['/api/webhooks', '/api/v10/webhooks']) {
      t.same((await channels.paste(`https://${host}${path}/${id}/${token}`)).credentials, grant.credentials, host)
    }
  }
})

t.test('sends no request to any other URL', async (t) => {
  const [, path = ''] = /(\/api\/webhooks\/.+)$/.exec(await createWebhook('bob')) ?? []
  const before = await simulator.calls('GET /discord/api/v10/webhooks/:webhookId/:webhookToken')
  for (const text of [
    '', 'webhook', `https://discord.com.evil.example${path}`, `https://evil.example${path}`, `http://discord.com${path}`, `https://discord.com:8443${path}`,
    `https://user:pass@discord.com${path}`, `https://evil.example/discord.com${path}`, 'https://discord.com/api/webhooks/1', 'https://discord.com/api/webhooks/a/b',
    `https://discord.com${path}/slack`, `https://discord.com${path}/../../../users/@me`, `https://discord.com${path}?thread_id=1`, `${url}${path}?thread_id=1`,
    `${url}.evil.example${path}`, `${simulator.url}${path}`
  ]) await failureOf(t, channels.paste(text), 'rejected')
  t.equal(await simulator.calls('GET /discord/api/v10/webhooks/:webhookId/:webhookToken'), before)
})

t.test('says that a pasted webhook does not exist', async (t) => {
  const pasted = await createWebhook('cem')
  t.match(await failureOf(t, channels.paste(pasted.replace(/.$/, (end) => end === 'A' ? 'B' : 'A')), 'rejected'), { reason: /^belongs to no webhook/ })
  t.match(await failureOf(t, channels.paste(pasted.replace(/\d{5}(?=\/[^/]+$)/, '00000')), 'rejected'), { reason: /^belongs to no webhook/ })
  await simulator.fault(t, { match: '/webhooks/', body: { id: '1', type: 2, channel_id: '2', name: 'News' } })
  t.match(await failureOf(t, channels.paste(pasted), 'rejected'), { reason: /^is not that of an incoming webhook/ })
})

t.test('removes a webhook of its own, and never one of the user', async (t) => {
  const own = (await channels.signIn('dia')).credentials
  await discord.revoke?.(own, context)
  t.match(await failureOf(t, send(own), 'gone'), { reason: /10015/ })
  const pasted = (await channels.paste(await createWebhook('dia'))).credentials
  await discord.revoke?.(pasted, context)
  await send(pasted)
})

t.test('has a new webhook after each sign-in, which the end of the old one leaves alone', async (t) => {
  const [first, second] = [await channels.signIn('eve'), await channels.signIn('eve')]
  t.same(second.account, first.account)
  t.not((second.credentials as Webhook).webhookId, (first.credentials as Webhook).webhookId)
  await discord.revoke?.(first.credentials, context)
  await failureOf(t, send(first.credentials), 'gone')
  await send(second.credentials)
  t.equal(await simulator.calls('POST /discord/api/oauth2/token/revoke'), 0, 'which would end all tokens of the user')
})

t.test('mentions no one and shows markup as text', async (t) => {
  const { credentials } = await channels.signIn('fay')
  const body = '@everyone @here <@1> *a* _b_ [c](https://evil.example/) `d` https://a.example/x_y_z'
  await send(credentials, { title: '@everyone **T**', body })
  t.match(await messages('fay'), [{ title: '@everyone **T**', text: body, mentionsEveryone: false }])
})

t.test('sends a file with its text', async (t) => {
  const { credentials } = await channels.signIn('gil')
  await send(credentials, { type: 'file', url: 'https://a.example/', file: { name: 'Bär 1.txt', type: 'text/plain', data: Buffer.from('hello').toString('base64') } })
  t.match(await messages('gil'), [{ title: 'Title', text: 'Body', url: 'https://a.example/', files: [{ name: 'Bär 1.txt', type: 'text/plain', size: 5 }] }])
  const large = { name: 'a.bin', type: 'application/octet-stream', data: Buffer.alloc(10 * 1024 * 1024 + 1).toString('base64') }
  await failureOf(t, send(credentials, { type: 'file', file: large }), 'rejected')
})

t.test('does not take a message for sent that Discord did not store', async (t) => {
  const { credentials } = await channels.signIn('hal')
  await simulator.fault(t, { match: 'POST /discord/api/v10/webhooks/', status: 204, body: '', times: 1 })
  await failureOf(t, send(credentials), 'malformed')
})

t.test('reports an empty bucket before a message is refused, and waits for the hidden limit of a channel', async (t) => {
  const { credentials } = await channels.signIn('ida')
  const rests: object[] = []
  const listening = { onNearLimit: (rest: object) => { rests.push(rest) }, now: () => 1_000 }
  for (let sent = 0; sent < 5; sent++) {
    t.same(rests, [])
    await send(credentials, {}, listening)
  }
  t.match(rests, [{ scope: 'host', retryAt: Number }])
  t.match(await failureOf(t, send(credentials), 'rateLimited'), { scope: 'connection' })
  t.equal(rests.length, 1)
  await simulator.control('discord/limits', { channel: { requests: 1, seconds: 40 } })
  t.teardown(() => simulator.control('discord/limits', {}))
  const other = (await channels.signIn('ida')).credentials
  await send(credentials)
  const limit = await failureOf(t, send(other), 'rateLimited')
  t.match(limit, { scope: 'host' }, 'another webhook of the channel')
  t.ok(limit?.kind === 'rateLimited' && limit.retryAt > Date.now() + 30_000, 'although its own bucket is full')
})

t.test('waits for the limit of all requests, and while Discord blocks our address', async (t) => {
  t.teardown(() => simulator.control('discord/limits', {}))
  const { credentials } = await channels.signIn('jan')
  await simulator.control('discord/limits', { global: { requests: 1, seconds: 30 } })
  await send(credentials)
  t.match(await failureOf(t, send(credentials), 'rateLimited'), { scope: 'app', reason: 'too many requests' })
  await simulator.control('discord/limits', { refused: { requests: 1, seconds: 30 } })
  const wrong = { ...credentials, webhookToken: 'wrong' } as DiscordCredentials
  for (const kind of ['gone', 'gone'] as const) await failureOf(t, send(wrong), kind)
  t.match(await failureOf(t, send(credentials), 'rateLimited'), { scope: 'app', reason: 'too many refused requests' })
})

t.test('ends a connection whose channel is gone', async (t) => {
  const { credentials } = await channels.signIn('kim')
  await simulator.control('discord/members', { account: 'kim', isChannelGone: true })
  t.match(await failureOf(t, send(credentials), 'gone'), { reason: /10015/ })
})

t.test('sends direct messages, each once for its key', async (t) => {
  const grant = await people.signIn('lea')
  t.same(Object.keys(grant.credentials).sort(), ['channelId', 'userId'])
  t.match(grant.account, { id: /^\d+$/, name: 'lea', host: 'direct-messages', grantedBy: undefined })
  t.same(await people.discord.identify(grant.credentials, context), grant.account)
  const key = randomUUID()
  const [first, repeated] = [await people.send(grant.credentials, {}, { key }), await people.send(grant.credentials, {}, { key })]
  t.ok(first)
  t.equal(repeated, first)
  t.equal((await messages('lea')).length, 1)
  await people.discord.revoke?.(grant.credentials, context)
  await people.send(grant.credentials, { type: 'file', file: { name: 'a.txt', type: 'text/plain', data: 'aGVsbG8=' } })
  t.equal((await messages('lea')).length, 2)
})

t.test('opens the conversation again, and reports its id', async (t) => {
  const { credentials } = await people.signIn('max')
  await simulator.control('discord/members', { account: 'max', renewsConversation: true })
  const moved: Credentials[] = []
  const onMoved = (credentials: Credentials): void => { moved.push(credentials) }
  await people.send(credentials, {}, { onMoved })
  t.equal((await messages('max')).length, 1)
  t.match(moved, [{ channelId: /^\d+$/, userId: /^\d+$/ }])
  t.notSame(moved, [credentials])
  await people.send(moved[0] as DiscordCredentials, {}, { onMoved })
  t.equal(moved.length, 1, 'from then on it is known')
})

t.test('ends a connection to a person whom the bot cannot reach', async (t) => {
  for (const [dms, code] of [['blocked', /50007/], ['noServer', /50278/]] as const) {
    const { credentials } = await people.signIn(`nia-${dms}`)
    await simulator.control('discord/members', { account: `nia-${dms}`, dms })
    t.match(await failureOf(t, people.send(credentials), 'gone'), { reason: code })
  }
  await failureOf(t, people.signIn('nia-noServer'), 'gone')
})

t.test('blames the deployment for a wrong bot token, and a wrong User-Agent', async (t) => {
  const { credentials } = await people.signIn('ole')
  for (const botToken of ['wrong', undefined]) {
    const wrong = openTestDiscord(t, url, { botToken })
    t.match(await failureOf(t, wrong.send(credentials), 'misconfigured'), { scope: 'host', reason: /DISCORD_BOT_TOKEN/ })
    await failureOf(t, wrong.discord.identify(credentials, context), 'misconfigured')
  }
  await wrongBotKeepsChannels()
  await simulator.fault(t, { match: '/webhooks/', status: 403, body: 'error code: 1010', times: 1 })
  t.match(await failureOf(t, send((await channels.signIn('ole')).credentials), 'misconfigured'), { scope: undefined })

  async function wrongBotKeepsChannels (): Promise<void> {
    const wrong = openTestDiscord(t, url, { botToken: 'wrong', scope: ['webhook.incoming', 'identify'] })
    await wrong.send((await wrong.signIn('ole')).credentials)
  }
})

t.test('waits when it opens conversations too fast', async (t) => {
  t.teardown(() => simulator.control('discord/limits', {}))
  await simulator.control('discord/limits', { opening: { requests: 1, seconds: 600 } })
  await people.signIn('pia')
  t.match(await failureOf(t, people.signIn('qui'), 'rateLimited'), { scope: 'host', reason: /40003/ })
})

t.test('refuses codes, clients and token responses that are not right', async (t) => {
  const wrong = openTestDiscord(t, url, { clientSecret: 'wrong' })
  t.match(await failureOf(t, wrong.signIn('ria'), 'misconfigured'), { reason: /invalid_client/ })
  await simulator.control('faults', { provider: 'discord', match: '/oauth2/token', rewrite: { without: ['webhook'] }, times: 1 })
  t.match(await failureOf(t, channels.signIn('ria'), 'malformed'), { reason: /lacks the webhook/ })
  await simulator.control('faults', { provider: 'discord', match: '/oauth2/token', rewrite: { members: { scope: 'webhook.incoming' } }, times: 1 })
  t.same((await channels.signIn('ria')).missingPermissions, ['identify'])
})

t.test('refuses credentials of another form', async (t) => {
  for (const value of [
    { webhookId: '1' }, { webhookId: '../1', webhookToken: 'a' }, { webhookId: '1', webhookToken: 'a b' }, { userId: '1' }, { userId: '1', channelId: 'x' }
  ]) t.throws(() => discord.parseCredentials(value), { name: 'ProviderError', failure: { kind: 'malformed' } })
})

async function createWebhook (account: string): Promise<string> {
  const response = await fetch(`${simulator.url}/_control/discord/webhooks`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ account })
  })
  return (await response.json() as { url: string }).url
}

async function messages (account: string): Promise<Array<Record<string, unknown>>> {
  return (await simulator.inbox({ name: account, credentials: {} })).map(({ item }) => item)
}

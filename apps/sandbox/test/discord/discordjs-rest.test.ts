import { REST } from '@discordjs/rest'
import type { RateLimitError } from '@discordjs/rest'
import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

// The client of discord.js.
const { url, call } = await openTestSandbox(t)
const api = `${url}/discord/api`
const isRefused = () => true
const options = { api, version: '10', retries: 0, rejectOnRateLimit: isRefused, hashSweepInterval: 0, handlerSweepInterval: 0 }
const rest = new REST(options)
const bot = new REST(options).setToken('sandbox-bot-token')
const redirectUri = 'http://127.0.0.1/connect/discord/callback'
const client = { client_id: '1100000000000000001', client_secret: 'sandbox-secret' }

interface Json { [name: string]: unknown }

t.test('signs a user in, with a webhook for a channel', async (t) => {
  const token = await exchange(await allow('ann', { channel: 'alerts' })) as Json & { webhook: { id: string, token: string } }
  t.match(token, { token_type: 'Bearer', expires_in: 604_800, refresh_token: String, scope: 'webhook.incoming identify' })
  t.match(token.webhook, {
    type: 1,
    id: /^\d+$/,
    token: /^\w{68}$/,
    name: 'Carillon',
    channel_id: /^\d+$/,
    guild_id: /^\d+$/,
    application_id: client.client_id,
    url: /^https:\/\/discord\.com\/api\/webhooks\//
  })
  const user = new REST({ ...options, authPrefix: 'Bearer' }).setToken(String(token['access_token']))
  t.match(await user.get('/oauth2/@me'), { application: { id: client.client_id }, scopes: ['webhook.incoming', 'identify'], user: { username: 'ann' } })
  const message = await rest.post(pathOf(token.webhook), { auth: false, query: new URLSearchParams({ wait: 'true' }), body: { content: 'Hello' } })
  t.match(message, { id: /^\d+$/, channel_id: /^\d+$/, content: 'Hello', webhook_id: token.webhook.id })
  t.match(await messages('ann#alerts'), [{ text: 'Hello' }])
})

t.test('refreshes a token, and revokes all tokens of a user with one', async (t) => {
  const [first, second] = [await exchange(await allow('bob')), await exchange(await allow('bob'))]
  t.not((first['webhook'] as Json)['id'], (second['webhook'] as Json)['id'], 'a new webhook each time')
  const refreshed = await post('/oauth2/token', { ...client, grant_type: 'refresh_token', refresh_token: String(first['refresh_token']) })
  t.match(refreshed, { access_token: String, refresh_token: String })
  t.equal(refreshed['webhook'], undefined)
  await post('/oauth2/token/revoke', { ...client, token: String(refreshed['access_token']) })
  const user = new REST({ ...options, authPrefix: 'Bearer' }).setToken(String(second['access_token']))
  await t.rejects(user.get('/oauth2/@me'), refusal(401, 0))
  t.ok(await rest.get(pathOf(second['webhook'] as { id: string, token: string }), { auth: false }), 'the webhook stays')
})

t.test('accepts tokens requests as forms only, and each code once', async (t) => {
  const code = await allow('cem')
  const json = await call('POST', '/discord/api/oauth2/token', { body: { ...client, grant_type: 'authorization_code', code, redirect_uri: redirectUri } })
  t.equal(json.status, 415)
  t.ok(await exchange(code))
  t.match(await exchange(code), { error: 'invalid_grant' })
  t.match(await exchange(await allow('cem'), { client_secret: 'wrong' }), { error: 'invalid_client' })
})

t.test('sends embeds and files, and refuses what Discord refuses', async (t) => {
  const webhook = await createWebhook('dia')
  const send = async (body: object) => await rest.post(pathOf(webhook), { auth: false, query: new URLSearchParams({ wait: 'true' }), body })
  await send({ embeds: [{ title: 'T \\*t\\*', description: 'See <https://a.example/x_y>', color: 0xef4444 }], flags: 4096 })
  await rest.post(pathOf(webhook), {
    auth: false, query: new URLSearchParams({ wait: 'true' }), body: { content: 'A file' }, files: [{ name: 'a.txt', data: 'hello', contentType: 'text/plain' }]
  })
  t.match(await messages('dia'), [
    { title: 'T *t*', text: 'See https://a.example/x_y', color: '#ef4444', flags: ['SUPPRESS_NOTIFICATIONS'] },
    { text: 'A file', files: [{ name: 'a.txt', type: 'text/plain', size: 5 }] }
  ])
  await unlimited()
  for (const body of [
    { content: 'x'.repeat(2_001) }, { embeds: Array.from({ length: 11 }, () => ({ title: 'T' })) }, { embeds: [{ title: 'x'.repeat(257) }] },
    { embeds: [{ description: 'x'.repeat(4_097) }] }, { embeds: [{ description: 'x'.repeat(3_001) }, { description: 'x'.repeat(3_000) }] },
    { embeds: [{ title: 'T', url: 'javascript:alert(1)' }] }, { embeds: [{ title: 'T', color: 0x1000000 }] }
  ]) await t.rejects(send(body), refusal(400, 50035), JSON.stringify(body).slice(0, 60))
  for (const body of [{}, { embeds: [{}] }, { allowed_mentions: { parse: [] } }]) await t.rejects(send(body), refusal(400, 50006))
})

t.test('reads, changes and removes messages and webhooks', async (t) => {
  const webhook = await createWebhook('eve')
  const { id } = await rest.post(pathOf(webhook), { auth: false, query: new URLSearchParams({ wait: 'true' }), body: { content: 'One' } }) as { id: string }
  const path = `${pathOf(webhook)}/messages/${id}` as const
  t.match(await rest.get(path, { auth: false }), { id, content: 'One' })
  t.match(await rest.patch(path, { auth: false, body: { content: 'Two' } }), { id, content: 'Two' })
  await rest.delete(path, { auth: false })
  await t.rejects(rest.get(path, { auth: false }), refusal(404, 10008))
  t.match(await rest.get(pathOf(webhook), { auth: false }), { id: webhook.id, type: 1, application_id: null })
  await t.rejects(rest.get(pathOf({ ...webhook, token: 'wrong' }), { auth: false }), refusal(401, 50027))
  await rest.delete(pathOf(webhook), { auth: false })
  await t.rejects(rest.get(pathOf(webhook), { auth: false }), refusal(404, 10015))
})

t.test('mentions everyone only where the sender allows it', async (t) => {
  const webhook = await createWebhook('fay')
  for (const more of [{}, { allowed_mentions: { parse: ['everyone'] } }, { allowed_mentions: { parse: [] } }]) {
    await rest.post(pathOf(webhook), { auth: false, body: { content: '@everyone', ...more } })
  }
  t.match(await messages('fay'), [true, true, false].map((mentionsEveryone) => ({ mentionsEveryone })))
})

t.test('limits each webhook, and all webhooks of a channel together', async (t) => {
  const [one, other] = [await createWebhook('gil'), await createWebhook('gil')]
  const send = async (webhook: { id: string, token: string }) => await new REST(options).post(pathOf(webhook), { auth: false, body: { content: 'x' } })
  await control('/discord/limits', { bucket: { requests: 2, seconds: 2 } })
  await send(one)
  await send(one)
  await t.rejects(send(one), limit('user'))
  await send(other)
  await control('/discord/limits', { channel: { requests: 2, seconds: 60 } })
  for (const webhook of [one, other]) await send(webhook)
  await t.rejects(send(one), limit('shared'))
  await control('/clock', { advanceSeconds: 60 })
  await send(one)
  await control('/discord/limits', { global: { requests: 1, seconds: 1 } })
  await send(one)
  await t.rejects(send(one), limit('global', true))
  await unlimited()
})

t.test('blocks who is refused too often, and whose User-Agent is that of a browser', async (t) => {
  await control('/discord/limits', { refused: { requests: 1, seconds: 60 } })
  for (const token of ['wrong', 'other']) await t.rejects(new REST(options).setToken(token).get('/users/1'), refusal(401, 0))
  const blocked = await call('GET', '/discord/api/v10/users/1', { headers: { 'user-agent': 'DiscordBot (test, 1)' } })
  t.match([blocked.status, blocked.headers.get('content-type'), blocked.headers.get('retry-after')], [429, /html/, '60'])
  await unlimited()
  for (const userAgent of ['', 'Mozilla/5.0']) {
    t.match(await call('GET', '/discord/api/v10/users/1', { headers: { 'user-agent': userAgent } }), { status: 403, text: 'error code: 1010' })
  }
})

t.test('sends direct messages, each nonce once within five minutes', async (t) => {
  const { id: userId } = await person('hal')
  const channel = await bot.post('/users/@me/channels', { body: { recipient_id: userId } }) as { id: string }
  t.match(await bot.post('/users/@me/channels', { body: { recipient_id: userId } }), { id: channel.id, type: 1 }, 'the same conversation each time')
  const send = async (nonce: string) => await bot.post(`/channels/${channel.id}/messages`, { body: { content: 'Hi', nonce, enforce_nonce: true } }) as { id: string }
  const first = await send('a')
  t.equal((await send('a')).id, first.id)
  t.not((await send('b')).id, first.id)
  t.equal((await messages('hal')).length, 2)
  await t.rejects(send('x'.repeat(26)), refusal(400, 50035))
  await control('/clock', { advanceSeconds: 301 })
  t.not((await send('a')).id, first.id)
})

t.test('refuses direct messages with the codes of Discord', async (t) => {
  const { id: userId } = await person('ida')
  const { id } = await bot.post('/users/@me/channels', { body: { recipient_id: userId } }) as { id: string }
  const send = async (client = bot) => await client.post(`/channels/${id}/messages`, { body: { content: 'Hi' } })
  await t.rejects(send(new REST(options).setToken('wrong')), refusal(401, 0))
  for (const [dms, code] of [['blocked', 50007], ['noServer', 50278]] as const) {
    await control('/discord/members', { account: 'ida', dms })
    await t.rejects(send(), refusal(403, code))
  }
  await control('/discord/members', { account: 'ida', dms: 'open', renewsConversation: true })
  await t.rejects(send(), refusal(404, 10003))
  await t.rejects(bot.get('/users/1'), refusal(404, 10013))
  await control('/discord/limits', { opening: { requests: 1, seconds: 60 } })
  await bot.post('/users/@me/channels', { body: { recipient_id: userId } })
  await t.rejects(bot.post('/users/@me/channels', { body: { recipient_id: userId } }), refusal(403, 40003))
  await unlimited()
})

async function allow (account: string, more: Record<string, string> = {}): Promise<string> {
  const query = {
    response_type: 'code', client_id: client.client_id, redirect_uri: redirectUri, scope: 'webhook.incoming identify', auto: 'allow', account, ...more
  }
  const { headers } = await call('GET', `/discord/oauth2/authorize?${new URLSearchParams(query)}`)
  return new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
}

async function exchange (code: string, more: Record<string, string> = {}): Promise<Json> {
  return await post('/oauth2/token', { ...client, grant_type: 'authorization_code', code, redirect_uri: redirectUri, ...more })
}

async function post (path: string, form: Record<string, string>): Promise<Json> {
  return (await call('POST', `/discord/api${path}`, { body: new URLSearchParams(form) })).json
}

async function person (account: string): Promise<{ id: string }> {
  const token = await exchange(await allow(account))
  const user = new REST({ ...options, authPrefix: 'Bearer' }).setToken(String(token['access_token']))
  return (await user.get('/oauth2/@me') as { user: { id: string } }).user
}

async function createWebhook (account: string): Promise<{ id: string, token: string }> {
  const { json } = await control('/discord/webhooks', { account })
  const [, id = '', token = ''] = /\/api\/webhooks\/(\d+)\/(\w+)$/.exec(String(json['url'])) ?? []
  return { id, token }
}

async function control (path: string, body: object) {
  return await call('POST', `/_control${path}`, { body })
}

async function unlimited (): Promise<void> {
  await control('/discord/limits', { bucket: { requests: 1_000, seconds: 1 } })
}

async function messages (account: string): Promise<Json[]> {
  const { json } = await call('GET', `/_control/inbox?${new URLSearchParams({ provider: 'discord', account })}`)
  return (json['data'] as Array<{ item: Json }>).map(({ item }) => item)
}

function pathOf ({ id, token }: { id: string, token: string }): `/${string}` {
  return `/webhooks/${id}/${token}`
}

/** What the client throws for an error of the API. */
function refusal (status: number, code: number): { status: number, code: number } {
  return { status, code }
}

/** What it throws for a limit. */
function limit (scope: RateLimitError['scope'], global = false): { name: RegExp, scope: string, global: boolean } {
  return { name: /^RateLimitError/, scope, global }
}

import { LogLevel, WebClient } from '@slack/web-api'
import { IncomingWebhook } from '@slack/webhook'
import t from 'tap'
import { openTestSlack, redirectUri } from './open-test-slack.ts'

// Slack's own clients.
const slack = await openTestSlack(t)
const options = { slackApiUrl: `${slack.url}/slack/api/`, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, logLevel: LogLevel.ERROR }
const app = { client_id: 'carillon', client_secret: 'sandbox-secret' }

t.test('exchanges a code, refreshes, and cannot use either twice', async (t) => {
  const client = new WebClient(undefined, options)
  const code = await slack.allow('ann@sdk', { scope: 'chat:write,im:write,incoming-webhook', channel: 'alerts' })
  const token = await client.oauth.v2.access({ ...app, code, redirect_uri: redirectUri })
  t.match(token, {
    ok: true,
    token_type: 'bot',
    scope: 'chat:write,im:write,incoming-webhook',
    expires_in: 43_200,
    is_enterprise_install: false,
    access_token: /^xoxe\.xoxb-1-/,
    refresh_token: /^xoxe-1-/,
    bot_user_id: /^U/,
    app_id: /^A/,
    team: { id: /^T/, name: 'sdk' },
    authed_user: { id: /^U/ },
    incoming_webhook: { channel: '#alerts', channel_id: /^C/, url: /^http/, configuration_url: /^http/ }
  })
  await t.rejects(client.oauth.v2.access({ ...app, code, redirect_uri: redirectUri }), refusal({ error: 'invalid_code' }))
  const refresh = { ...app, grant_type: 'refresh_token' as const, refresh_token: token.refresh_token ?? '' }
  const refreshed = await client.oauth.v2.access(refresh)
  t.match(refreshed, { ok: true, access_token: String, refresh_token: String })
  t.not(refreshed.access_token, token.access_token)
  await t.rejects(client.oauth.v2.access(refresh), refusal({ error: 'invalid_refresh_token' }))
  await t.rejects(new WebClient(token.access_token, options).auth.test(), refusal({ error: 'invalid_auth' }))
  t.match(await new WebClient(refreshed.access_token, options).auth.test(), { ok: true, team: 'sdk', team_id: token.team?.id })
})

t.test('sends direct messages as text and as blocks', async (t) => {
  const { client, userId } = await connect('bob@sdk')
  const { channel } = await client.conversations.open({ users: userId })
  t.match(await client.conversations.open({ users: userId }), { channel: { id: channel?.id } }, 'the same conversation each time')
  const first = await client.chat.postMessage({ channel: channel?.id ?? '', text: 'One' })
  const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: '*Two*' } }, { type: 'divider' }]
  const second = await client.chat.postMessage({ channel: channel?.id ?? '', text: 'Two', blocks })
  t.ok(Number(second.ts) > Number(first.ts))
  t.match(await slack.messages('bob@sdk'), [{ text: 'One', ts: first.ts }, { text: 'Two', blocks, ts: second.ts }])
})

t.test('is refused with the codes of Slack', async (t) => {
  const { client, userId } = await connect('cem@refusals')
  await t.rejects(client.chat.postMessage({ channel: userId, text: '' }), refusal({ ok: false, error: 'no_text' }))
  const header = { type: 'header' as const, text: { type: 'plain_text' as const, text: 'x'.repeat(151) } }
  await t.rejects(client.chat.postMessage({ channel: userId, text: 'Text', blocks: [header] }), refusal({ error: 'invalid_blocks' }))
  await t.rejects(client.chat.postMessage({ channel: 'D0NOBODY', text: 'Text' }), refusal({ error: 'channel_not_found' }))
  await t.rejects(client.conversations.open({ users: 'U0NOBODY' }), refusal({ error: 'user_not_found' }))
  await t.rejects(new WebClient('xoxb-unknown', options).auth.test(), refusal({ error: 'invalid_auth' }))
  await slack.control('/slack/scopes', { account: 'cem@refusals', scopes: ['im:write'] })
  await t.rejects(client.chat.postMessage({ channel: userId, text: 'Text' }), refusal({ error: 'missing_scope', needed: 'chat:write', provided: 'im:write' }))
})

t.test('waits for a rate limit as long as the response says', async (t) => {
  const { client, userId } = await connect('dia@limited')
  await slack.control('/slack/limits', { channel: { burst: 2, secondsPerRequest: 1 } })
  for (const text of ['One', 'Two']) await client.chat.postMessage({ channel: userId, text })
  await t.rejects(client.chat.postMessage({ channel: userId, text: 'Three' }), { code: 'slack_webapi_rate_limited_error', retryAfter: 1 })
  await slack.control('/clock', { advanceSeconds: 1 })
  await client.chat.postMessage({ channel: userId, text: 'Three' })
  await slack.control('/slack/limits', {})
  t.equal((await slack.messages('dia@limited')).length, 3)
})

t.test('revokes the access of the whole workspace', async (t) => {
  const { client } = await connect('eve@left')
  t.match(await client.auth.revoke({ test: true }), { ok: true, revoked: false })
  t.match(await client.auth.revoke(), { ok: true, revoked: true })
  await t.rejects(client.auth.test(), refusal({ error: 'invalid_auth' }))
})

t.test('posts to an incoming webhook, which refuses with texts', async (t) => {
  const code = await slack.allow('fay@hooks', { scope: 'incoming-webhook', channel: 'general' })
  const { incoming_webhook: { url } } = await slack.exchange(code) as { incoming_webhook: { url: string } }
  const webhook = new IncomingWebhook(url)
  t.same(await webhook.send({ text: 'Hello', blocks: [{ type: 'divider' }] }), { text: 'ok' })
  t.match(await slack.messages('#general@hooks'), [{ text: 'Hello', blocks: [{ type: 'divider' }] }])
  await t.rejects(webhook.send({ blocks: [] }), { name: 'IncomingWebhookHTTPError', statusCode: 400, body: 'no_text' })
  await slack.control('/slack/members', { account: '#general@hooks', isGone: true })
  await t.rejects(webhook.send('Late'), { name: 'IncomingWebhookHTTPError', statusCode: 410, body: 'channel_is_archived' })
  await slack.control('/slack/remove-app', { account: 'fay@hooks' })
  await t.rejects(webhook.send('Later'), { name: 'IncomingWebhookHTTPError', statusCode: 404, body: 'no_service' })
})

async function connect (account: string): Promise<{ client: WebClient, userId: string }> {
  const token = await slack.exchange(await slack.allow(account)) as { access_token: string, authed_user: { id: string } }
  return { client: new WebClient(token.access_token, options), userId: token.authed_user.id }
}

function refusal (data: object): { code: string, data: object } {
  return { code: 'slack_webapi_platform_error', data }
}

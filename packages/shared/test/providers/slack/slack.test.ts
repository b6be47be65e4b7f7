import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Credentials, Grant } from '../../../src/providers/credentials.ts'
import type { SlackCredentials } from '../../../src/providers/slack/credentials.ts'
import { openSimulator } from '../conformance/simulator.ts'
import { credentialsOf, failureOf, openTestSlack, redirectedCode } from './open-test-slack.ts'
import type { TestSlack } from './open-test-slack.ts'

const simulator = await openSimulator(t, 'slack')
const url = `${simulator.url}/slack`
const personal = openTestSlack(t, url)
const forChannels = openTestSlack(t, url, { scope: ['chat:write', 'im:write', 'incoming-webhook'] })
const { slack, context, send } = personal

t.test('offers the settings of Slack, whose scopes are separated by commas', async (t) => {
  t.match(slack.handshakes.code, {
    authorizeUrl: `${url}/oauth/v2/authorize`, tokenUrl: `${url}/api/oauth.v2.access`, scopeSeparator: ',', correlation: 'state'
  })
  t.same(slack.origins, [simulator.url])
  t.equal(slack.inbound, undefined, 'no events without a signing secret')
})

t.test('needs permissions that allow messages', async (t) => {
  for (const scope of [[], ['chat:write'], ['im:write']]) t.throws(() => openTestSlack(t, url, { scope }), { name: 'TypeError', message: /^SLACK_SCOPE needs / })
  openTestSlack(t, url, { scope: ['incoming-webhook'] })
})

t.test('shares one grant among the people of a workspace, who each have a conversation', async (t) => {
  const [ann, bob, cem] = [await install('ann@acme'), await install('bob@acme'), await install('cem@other')]
  t.equal(ann.shared?.key, bob.shared?.key)
  t.not(ann.shared?.key, cem.shared?.key)
  t.match(ann, { account: { id: /^T\w+\/U\w+$/, name: 'acme', host: /^T/ }, missingPermissions: [], expiresAt: Date })
  t.equal(ann.account.host, bob.account.host)
  t.not(ann.account.id, bob.account.id)
  t.same(Object.keys(ann.credentials).sort(), ['accessToken', 'refreshToken'], 'nothing of one person is in the credentials of all')
  t.match(ann.shared?.target, { userId: /^U/, channelId: /^D/ })
  t.same(await slack.identify(credentialsOf(bob), context), bob.account)
  await send(credentialsOf({ ...ann, credentials: bob.credentials }))
  t.equal((await messages('ann@acme')).length, 1, 'the latest credentials serve everybody')
})

t.test('posts to the channel that the user chose', async (t) => {
  const grant = await install('ann@channels', forChannels, { channel: 'alerts' })
  t.match(grant, { account: { id: /^T\w+\/C\w+$/, name: 'channels #alerts' }, shared: { target: { channelId: /^C/, channelName: 'alerts', webhookUrl: /^http/ } } })
  t.same(await slack.identify(credentialsOf(grant), context), grant.account)
  const key = randomUUID()
  t.same(await slack.send?.({ type: 'note', body: 'Hello' }, key, credentialsOf(grant), context), { id: key })
  t.match(await messages('#alerts@channels'), [{ text: 'Hello' }])
  t.same(await messages('ann@channels'), [])
  await simulator.control('slack/members', { account: '#alerts@channels', isGone: true })
  t.match(await failureOf(t, send(credentialsOf(grant)), 'gone'), { reason: /channel_is_archived/ })
})

t.test('makes no mention and breaks no markup, whatever a message contains', async (t) => {
  const [ann, channel] = [credentialsOf(await install('ann@mentions')), credentialsOf(await install('bob@mentions2', forChannels))]
  const body = '<!channel> <!here> <@U1> @everyone *a* _b_ & <https://evil.example|safe> <!subteam^S1>'
  for (const credentials of [ann, channel]) await send(credentials, { title: '<!everyone>', body, actions: [{ title: '<!here>', url: 'https://example.com/<!here>' }] })
  const blocked = { status: 200, body: { ok: false, error: 'invalid_blocks' }, times: 1 }
  await simulator.fault(t, { match: 'chat.postMessage', ...blocked })
  await send(ann, { title: '<!everyone>', body })
  const received = [...await messages('ann@mentions'), ...await messages('#general@mentions2')]
  t.equal(received.length, 3)
  for (const { text, mentionsEveryone } of received) {
    t.equal(mentionsEveryone, false)
    t.notMatch(text, /[<>]/)
    t.match(text, '&lt;!channel&gt; &lt;!here&gt; &lt;@U1&gt; @everyone *a* _b_ &amp; ')
  }
  t.match(JSON.stringify(received[0]?.['blocks']), JSON.stringify('<!channel> <!here> <@U1> @everyone *a* _b_ & <').slice(1, -1), 'rich text is literal')
})

t.test('shows links in a text as links', async (t) => {
  const ann = credentialsOf(await install('ann@links'))
  await send(ann, { title: 'T', body: 'See https://example.com/a?b=c, or http://example.org.' })
  const [{ blocks } = {}] = await messages('ann@links')
  t.match(blocks, [{
    type: 'rich_text',
    elements: [{
      elements: [
        { text: 'T', style: { bold: true } }, { text: '\n' }, { text: 'See ' }, { type: 'link', url: 'https://example.com/a?b=c' }, { text: ', or ' },
        { type: 'link', url: 'http://example.org' }, { text: '.' }
      ]
    }]
  }])
})

t.test('sends the plain text once where Slack refuses the blocks', async (t) => {
  const ann = credentialsOf(await install('ann@plain'))
  for (const error of ['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'invalid_arguments']) {
    await simulator.fault(t, { match: 'chat.postMessage', status: 200, body: { ok: false, error }, times: 1 })
    await send(ann, { title: error, image: 'https://example.com/a.png', url: 'https://example.com/' })
    t.match((await messages('ann@plain')).at(-1), { text: `${error}\nBody\nhttps://example.com/`, blocks: [] })
  }
  const before = await simulator.calls('POST /slack/api/chat.postMessage')
  await simulator.fault(t, { match: 'chat.postMessage', status: 200, body: { ok: false, error: 'no_text' } })
  t.match(await failureOf(t, send(ann), 'rejected'), { reason: /no_text/ })
  t.equal(await simulator.calls('POST /slack/api/chat.postMessage') - before, 2, 'no third attempt')
})

t.test('sends the plain text to a channel too', async (t) => {
  const channel = credentialsOf(await install('bob@plain', forChannels))
  await simulator.fault(t, { match: '/services/', status: 400, body: 'invalid_blocks', times: 1 })
  await send(channel)
  t.match(await messages('#general@plain'), [{ text: 'Title\nBody', blocks: [] }])
})

t.test('opens the conversation again after the app was installed again, and reports its id', async (t) => {
  const ann = credentialsOf(await install('ann@again'))
  await simulator.control('slack/remove-app', { account: 'ann@again' })
  const renewed = { ...ann, ...(await install('bob@again')).credentials }
  const moved: Credentials[] = []
  const onMoved = (credentials: Credentials): void => { moved.push(credentials) }
  await send(renewed, {}, { onMoved })
  t.equal((await messages('ann@again')).length, 1)
  t.match(moved, [{ userId: ann.userId, channelId: /^D/, accessToken: renewed.accessToken }])
  const [credentials] = moved
  t.not((credentials as SlackCredentials).channelId, ann.channelId)
  await send(credentials as SlackCredentials, {}, { onMoved })
  t.equal(moved.length, 1, 'from then on it is known')
})

t.test('ends a connection whose person left, and one whose conversation cannot be found', async (t) => {
  const ann = credentialsOf(await install('ann@gone'))
  await simulator.control('slack/members', { account: 'ann@gone', isGone: true })
  t.match(await failureOf(t, send(ann), 'gone'), { reason: /user_disabled/ })
  const bob = credentialsOf(await install('bob@gone'))
  await simulator.fault(t, { match: 'chat.postMessage', status: 200, body: { ok: false, error: 'channel_not_found' } })
  t.match(await failureOf(t, send(bob), 'gone'), { reason: /channel_not_found/ })
  t.match(await failureOf(t, send({ ...bob, userId: 'U0NOBODY' }), 'gone'), { reason: /channel_not_found|user_not_found/ })
})

t.test('names the permission that the app lacks', async (t) => {
  const ann = credentialsOf(await install('ann@scopes'))
  await simulator.control('slack/scopes', { account: 'ann@scopes', scopes: ['im:write'] })
  t.match(await failureOf(t, send(ann), 'missingPermission'), { missing: ['chat:write'] })
  await simulator.control('faults', { provider: 'slack', match: 'oauth.v2.access', rewrite: { members: { scope: 'im:write' } }, times: 1 })
  t.same((await install('bob@scopes')).missingPermissions, ['chat:write'])
})

t.test('waits per channel where a channel has received messages, and per workspace otherwise', async (t) => {
  const ann = credentialsOf(await install('ann@limits'))
  const limit = { status: 429, headers: { 'retry-after': '7' }, body: '', times: 1 }
  await simulator.fault(t, { match: 'chat.postMessage', ...limit })
  t.match(await failureOf(t, send(ann), 'rateLimited'), { scope: 'host' })
  await send(ann)
  await simulator.fault(t, { match: 'chat.postMessage', ...limit })
  t.match(await failureOf(t, send(ann), 'rateLimited'), { scope: 'connection' })
  await simulator.fault(t, { match: 'conversations.open', ...limit })
  const { channelId, ...unopened } = ann
  t.ok(channelId)
  t.match(await failureOf(t, send(unopened), 'rateLimited'), { scope: 'host' })
  await simulator.fault(t, { match: '/services/', ...limit })
  const channel = credentialsOf(await install('bob@limits', forChannels))
  t.match(await failureOf(t, send(channel), 'rateLimited'), { scope: 'host' })
  await send(channel)
  await simulator.fault(t, { match: '/services/', ...limit })
  t.match(await failureOf(t, send(channel), 'rateLimited'), { scope: 'connection' })
})

t.test('refreshes before it revokes a token that has expired', async (t) => {
  const ann = await install('ann@expired')
  await simulator.control('tokens/expire', { provider: 'slack', account: 'ann@expired' })
  await slack.revoke?.(ann.credentials, context)
  await failureOf(t, slack.identify(credentialsOf(ann), context), 'unauthorized')
  t.match(await failureOf(t, slack.refresh?.(ann.credentials, context) ?? Promise.resolve(), 'unauthorized'), { reason: /invalid_refresh_token/ })
})

t.test('keeps what belongs to one person when tokens are refreshed', async (t) => {
  const ann = credentialsOf(await install('ann@refresh'))
  const refreshed = await slack.refresh?.(ann, context)
  t.match(refreshed, { credentials: { userId: ann.userId, channelId: ann.channelId }, expiresAt: Date })
  t.not(refreshed?.credentials.accessToken, ann.accessToken)
  t.not(refreshed?.credentials.refreshToken, ann.refreshToken)
})

t.test('has no refresh token without rotation, and the same token after a second installation', async (t) => {
  await simulator.control('quirks', { provider: 'slack', quirk: 'rotatesTokens', on: false })
  t.teardown(() => simulator.control('quirks', { provider: 'slack', quirk: 'rotatesTokens', on: true }))
  const [first, second] = [await install('ann@fixed'), await install('ann@fixed')]
  t.equal(slack.canRefresh?.(first.credentials), false)
  t.equal(first.expiresAt, undefined)
  t.same(second, first, 'a reconnect changes nothing')
  t.equal(slack.revokes, 'account', 'so the old credentials are not revoked then')
})

t.test('refuses codes and clients with the reasons of Slack', async (t) => {
  await failureOf(t, personal.connect(async () => 'unknown'), 'rejected')
  await failureOf(t, openTestSlack(t, url, { clientSecret: 'wrong' }).connect(async () => 'unknown'), 'misconfigured')
  for (const [without, reason] of [['app_id', /app/], ['team', /workspace/], ['authed_user', /user/]] as const) {
    await simulator.control('faults', { provider: 'slack', match: 'oauth.v2.access', rewrite: { without: [without] }, times: 1 })
    t.match(await failureOf(t, install('ann@refused'), 'malformed'), { reason })
  }
})

t.test('installs in a whole organization', async (t) => {
  const rewrite = { members: { team: null, enterprise: { id: 'E1', name: 'Org' }, is_enterprise_install: true } }
  await simulator.control('faults', { provider: 'slack', match: 'oauth.v2.access', rewrite, times: 1 })
  t.match(await install('ann@org'), { account: { id: /^E1\/U/, name: 'Org', host: 'E1' }, shared: { key: /\/E1$/ } })
})

t.test('refuses a webhook elsewhere, and credentials without a person or a channel', async (t) => {
  const tokens = { accessToken: 'xoxb-1' }
  for (const [value, reason] of [
    [{ ...tokens, channelId: 'C1', webhookUrl: 'https://evil.example/services/1' }, /origin/],
    [{ ...tokens, channelId: 'C1', webhookUrl: 'nonsense' }, /origin/],
    [{ ...tokens, userId: '../U1' }, /user id/],
    [{ ...tokens, userId: 'U1', channelId: 'general' }, /channel id/]
  ] as const) t.throws(() => slack.parseCredentials(value), { name: 'ProviderError', failure: { kind: 'malformed', reason } })
  await failureOf(t, send(slack.parseCredentials(tokens)), 'malformed')
})

async function install (
  account: string, from: TestSlack = personal, options: Record<string, string> = {}
): Promise<Grant<SlackCredentials>> {
  return await from.connect(async (url) => await redirectedCode(
    fetch(`${url}&${new URLSearchParams({ auto: 'allow', account, ...options })}`, { redirect: 'manual' })))
}

async function messages (name: string): Promise<Array<Record<string, unknown>>> {
  return (await simulator.inbox({ name, credentials: undefined })).map(({ item }) => item)
}

import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { openTestSlack, redirectUri } from './open-test-slack.ts'

const slack = await openTestSlack(t)
t.afterEach(async () => { await slack.call('POST', '/_control/reset') })

t.test('asks a person for a workspace, and for a channel where the app wants one', async (t) => {
  const page = async (scope: string) =>
    (await slack.call('GET', `/slack/oauth/v2/authorize?${new URLSearchParams({ client_id: 'carillon', redirect_uri: redirectUri, scope })}`)).text
  t.match(await page('chat:write'), /name="workspace"/)
  t.notMatch(await page('chat:write'), /name="channel"/)
  t.match(await page('chat:write,incoming-webhook'), /name="channel"/)
  t.match(await slack.call('GET', '/slack/oauth/v2/authorize?client_id=unknown'), { status: 400, text: /Invalid client_id/ })
  const denied = await slack.call('GET', `/slack/oauth/v2/authorize?${new URLSearchParams({
    client_id: 'carillon', redirect_uri: redirectUri, scope: 'chat:write', state: 's', auto: 'deny'
  })}`)
  t.equal(denied.headers.get('location'), `${redirectUri}?error=access_denied&state=s`)
})

t.test('gives a second person of a workspace the same token, unless tokens rotate', async (t) => {
  await slack.control('/quirks', { provider: 'slack', quirk: 'rotatesTokens', on: false })
  const [ann, bob, other] = [await install('ann@acme'), await install('bob@acme'), await install('cem@other')]
  t.equal(ann.access_token, bob.access_token)
  t.match(ann.access_token, /^xoxb-/)
  t.not(ann.authed_user.id, bob.authed_user.id)
  t.not(ann.access_token, other.access_token)
  t.notOk('refresh_token' in ann || 'expires_in' in ann)

  await slack.control('/quirks', { provider: 'slack', quirk: 'rotatesTokens', on: true })
  const [dia, eve] = [await install('dia@rotating'), await install('eve@rotating')]
  t.match((await slack.method('auth.test', {}, dia.access_token)).json, { error: 'invalid_auth' }, 'the older pair is dead')
  t.match((await slack.method('auth.test', {}, eve.access_token)).json, { ok: true })
})

t.test('has another bot and other conversations after it was removed and installed again', async (t) => {
  const open = async () => {
    const { access_token: token, authed_user: { id } } = await install('ann@acme')
    const { json } = await slack.method('conversations.open', { users: id }, token)
    return { token, conversation: (json['channel'] as { id: string }).id }
  }
  const before = await open()
  t.match(await slack.control('/slack/remove-app', { account: 'ann@acme' }), { json: { removed: true } })
  const after = await open()
  t.not(before.conversation, after.conversation)
  const post = async (channel: string) => (await slack.method('chat.postMessage', { channel, text: 'Hello' }, after.token)).json
  t.match(await post(before.conversation), { ok: false, error: 'channel_not_found' })
  t.match(await post(after.conversation), { ok: true })
})

t.test('says whether a message mentions everyone', async (t) => {
  const { access_token: token, authed_user: { id: channel } } = await install('ann@acme')
  const rich = (type: string) =>
    JSON.stringify([{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type, text: '<!here>', range: 'here' }] }] }])
  for (const message of [
    { text: 'a <!channel> b' }, { text: '&lt;!channel&gt;' }, { text: 'x', blocks: rich('broadcast') }, { text: 'x', blocks: rich('text') }
  ]) await slack.method('chat.postMessage', { channel, ...message }, token)
  t.same((await slack.messages('ann@acme')).map(({ mentionsEveryone }) => mentionsEveryone), [true, false, true, false])
})

t.test('sends signed events to the app when a person removes it', async (t) => {
  const received: Array<{ headers: Record<string, unknown>, body: string }> = []
  const app = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => { body += chunk.toString() })
    request.on('end', () => {
      received.push({ headers: request.headers, body })
      response.end()
    })
  })
  await new Promise<void>((resolve) => { app.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => app.close())
  await slack.control('/slack/app', { eventsUrl: `http://127.0.0.1:${(app.address() as AddressInfo).port}/inbound/slack` })
  const { team, app_id: appId } = await install('ann@acme')

  await slack.control('/slack/remove-app', { account: 'ann@acme' })
  t.match(received.map(({ body }) => JSON.parse(body) as object), [
    { type: 'event_callback', team_id: team.id, api_app_id: appId, event_id: /^Ev/, event_time: Number, event: { type: 'tokens_revoked', tokens: { bot: [/^U/] } } },
    { type: 'event_callback', team_id: team.id, event: { type: 'app_uninstalled' } }
  ])
  for (const { headers, body } of received) {
    const signed = `v0:${String(headers['x-slack-request-timestamp'])}:${body}`
    t.equal(headers['x-slack-signature'], `v0=${createHmac('sha256', 'sandbox-signing-secret').update(signed).digest('hex')}`)
  }
  const { json } = await slack.control('/slack/events', { account: 'ann@acme', event: { type: 'tokens_revoked', tokens: { oauth: ['U1'] } } })
  t.match(json, { data: [{ status: 200 }, { status: 200 }, { event: { tokens: { oauth: ['U1'] } }, status: 200 }] })
})

interface Token {
  access_token: string
  app_id: string
  authed_user: { id: string }
  team: { id: string }
}

async function install (account: string): Promise<Token> {
  return await slack.exchange(await slack.allow(account)) as unknown as Token
}

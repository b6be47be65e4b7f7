import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Message } from '../../../src/providers/message.ts'
import { openMastodon, refused } from './open-mastodon.ts'

const server = await openMastodon(t)
const mastodon = server.create()
const note: Message = { type: 'note', title: 'Title', body: 'Body' }

async function connect (at = server, client = mastodon) {
  const created = await at.account()
  return { account: created.account, credentials: client.parseCredentials(created) }
}

t.test('posts for the user, visible as configured', async (t) => {
  const { account, credentials } = await connect()
  await mastodon.send?.({ type: 'link', title: 'Title', body: 'Body', url: 'https://example.com/', actions: [{ title: 'Track', url: 'https://example.com/t' }] },
    randomUUID(), credentials, server.call(t))
  await server.create({ visibility: 'unlisted' }).send?.(note, randomUUID(), credentials, server.call(t))
  t.match(await server.inbox(account), [
    { text: 'Title\nBody\nhttps://example.com/\nTrack: https://example.com/t', visibility: 'direct', from: account },
    { text: 'Title\nBody', visibility: 'unlisted' }
  ])
})

t.test('mentions no account that the text names', async (t) => {
  const [writer, reader] = [await connect(), await connect()]
  const name = reader.account.replace(/@.*/, '')
  const texts = [`@${name} hello`, `.@${reader.account}`, `(@${name})`, `\n@${name}`, `@${name}@${server.host}, @${name}`]
  for (const text of texts) {
    await mastodon.send?.({ type: 'note', title: text, body: text, actions: [{ title: text, url: 'https://example.com/' }] }, randomUUID(), writer.credentials, server.call(t))
  }
  t.equal((await server.inbox(writer.account)).length, texts.length)
  t.same(await server.inbox(reader.account), [])
  const kept = 'Write to ann@example.com or see https://example.com/@ann'
  await mastodon.send?.({ type: 'note', body: kept }, randomUUID(), writer.credentials, server.call(t))
  t.match((await server.inbox(writer.account)).at(-1), { text: kept })
})

t.test('shortens a text that is too long, and keeps its link', async (t) => {
  const { account, credentials } = await connect()
  const message: Message = { type: 'link', body: 'ö'.repeat(900), url: 'https://a.example/' }
  await mastodon.send?.(message, randomUUID(), credentials, server.call(t))
  const [item] = await server.inbox(account)
  t.match(item?.text, /^ö+…\nhttps:\/\/a\.example\/$/)
  const { length = 0 } = [...item?.text ?? '']
  t.equal(length + 23 - 'https://a.example/'.length, 500, 'each URL counts as 23 characters')
  t.match(mastodon.render?.(message), { text: item?.text, shortened: ['body'] }, 'the preview is the same')
})

t.test('shortens it once more for a server with a low limit', async (t) => {
  const { account, credentials } = await connect()
  await server.control('POST', 'mastodon/limits', { maxCharacters: 100 })
  const key = randomUUID()
  const message: Message = { type: 'note', body: 'x'.repeat(300) }
  const receipt = await mastodon.send?.(message, key, credentials, server.call(t))
  t.same(await mastodon.send?.(message, key, credentials, server.call(t)), receipt)
  await server.control('POST', 'mastodon/limits', { maxCharacters: 500 })
  t.match(await server.inbox(account), [{ text: /^x{99}…$/ }])
})

t.test('counts a post that was deleted since as sent', async (t) => {
  const { account, credentials } = await connect()
  const key = randomUUID()
  const receipt = await mastodon.send?.(note, key, credentials, server.call(t))
  await fetch(`${server.url}/api/v1/statuses/${receipt?.id}`, { method: 'DELETE', headers: { authorization: `Bearer ${credentials.accessToken}` } })
  t.same(await mastodon.send?.(note, key, credentials, server.call(t)), { id: key })
  t.equal((await server.inbox(account)).length, 1)
})

t.test('takes a new key after an error that Pleroma stored, and keeps it after an unknown outcome', async (t) => {
  const server = await openMastodon(t)
  await server.beFamily('pleroma')
  const mastodon = server.create()
  const { account, credentials } = await connect(server, mastodon)
  const key = randomUUID()
  await server.control('POST', 'mastodon/disable-user', { account, isDisabled: true })
  await refused(t, mastodon.send?.(note, key, credentials, server.call(t)), { kind: 'unauthorized', status: 403 })
  await refused(t, mastodon.send?.(note, key, credentials, server.call(t)), { kind: 'unauthorized', status: 403 }, 'a fresh refusal, not the stored one')
  await server.control('POST', 'mastodon/disable-user', { account, isDisabled: false })
  await server.fault({ match: '/api/v1/statuses', reset: 'after', times: 3 })
  await refused(t, mastodon.send?.(note, key, credentials, server.call(t)), { kind: 'transient', status: undefined })
  await server.control('DELETE', 'faults')
  const receipt = await mastodon.send?.(note, key, credentials, server.call(t))
  t.same(await mastodon.send?.(note, key, credentials, server.call(t)), receipt)
  t.match(await server.inbox(account), [{ idempotencyKey: `${key}-2` }], 'each attempt that was refused has used up a key')
  t.equal((await server.inbox(account)).length, 1)
})

t.test('cannot keep GoToSocial from posting a second time, because it ignores the key', async (t) => {
  const server = await openMastodon(t)
  await server.beFamily('gotosocial')
  const mastodon = server.create()
  const { account, credentials } = await connect(server, mastodon)
  const key = randomUUID()
  const receipt = await mastodon.send?.(note, key, credentials, server.call(t))
  t.not((await mastodon.send?.(note, key, credentials, server.call(t)))?.id, receipt?.id)
  t.equal((await server.inbox(account)).length, 2)
})

t.test('mentions the user in a direct post of the bot', async (t) => {
  const { accessToken: token, account: botAccount } = await server.account()
  const bot = server.create({ bot: { url: server.url, token } })
  const { account, credentials } = await connect(server, bot)
  const key = randomUUID()
  const receipt = await bot.send?.({ type: 'note', body: 'x'.repeat(600) }, key, credentials, server.call(t))
  t.same(await bot.send?.({ type: 'note', body: 'x'.repeat(600) }, key, credentials, server.call(t)), receipt)
  const [item, ...more] = await server.inbox(account)
  t.same(more, [])
  t.match(item, { from: botAccount, visibility: 'direct' })
  t.ok(item?.text.startsWith(`@${account} xxx`))
})

t.test('blames the deployment, not the user, for a bot that cannot post', async (t) => {
  const bot = server.create({ bot: { url: server.url, token: 'wrong' } })
  const { credentials } = await connect(server, bot)
  await refused(t, bot.send?.(note, randomUUID(), credentials, server.call(t)), { kind: 'misconfigured', reason: 'the bot cannot post: access token is not accepted; check MASTODON_BOT_URL and MASTODON_BOT_TOKEN' })
  const { accessToken: token, account } = await server.account()
  const disabled = server.create({ bot: { url: server.url, token } })
  await server.control('POST', 'mastodon/disable-user', { account, isDisabled: true })
  await refused(t, disabled.send?.(note, randomUUID(), credentials, server.call(t)), { kind: 'misconfigured' })
  await server.control('POST', 'mastodon/disable-user', { account, isDisabled: false })
  await server.fault({ match: '/api/v1/statuses', status: 429, times: 1 })
  await refused(t, disabled.send?.(note, randomUUID(), credentials, server.call(t)), { kind: 'rateLimited', scope: 'app' }, 'its limit is that of all users')
})

t.test('asks the user for a permission that the token lacks', async (t) => {
  const { credentials } = await connect()
  await server.fault({ match: '/api/v1/statuses', status: 403, body: { error: 'This action is outside the authorized scopes' }, times: 1 })
  await refused(t, mastodon.send?.(note, randomUUID(), credentials, server.call(t)), { kind: 'missingPermission', missing: ['write:statuses'] })
})

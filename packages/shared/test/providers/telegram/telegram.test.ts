import { inspect } from 'node:util'
import t from 'tap'
import type { Test } from 'tap'
import { createHttp, ProviderError } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import type { Credentials, Message, Provider, RequestContext } from '../../../src/providers/index.ts'
import { loadConfig } from '../../../src/config/index.ts'
import { telegram } from '../../../src/providers/telegram/index.ts'
import { openSimulator } from '../conformance/simulator.ts'

const simulator = await openSimulator(t, 'telegram')
const token = simulator.environment['TELEGRAM_BOT_TOKEN'] ?? ''

function create (more: Record<string, string> = {}): Provider {
  const provider = telegram.create(loadConfig({ ...simulator.environment, ...more }, [], [telegram]), { name: 'Site' })
  if (provider === undefined) throw new Error('the simulator does not configure the provider')
  return provider
}

const provider = create()

function contextFor (t: Test, more: Partial<RequestContext> = {}): RequestContext {
  const http = createHttp({ trustedOrigins: provider.origins, allowPrivateHosts: ['127.0.0.1'] })
  t.teardown(() => http.close())
  return { http, signal: AbortSignal.timeout(20_000), now: Date.now, registrations: createMemoryRegistrations(), ...more }
}

async function person () {
  const account = await simulator.account()
  return { ...account, credentials: provider.parseCredentials(account.credentials) }
}

async function itemsOf (account: { name: string, credentials: unknown }) {
  return (await simulator.inbox(account)).map(({ item }) => item)
}

const note: Message = { type: 'note', title: 'Disk is full', body: 'Free <b>space</b> & *restart* @everyone' }

async function send (t: Test, to: Credentials, message: Message, more: Partial<RequestContext> = {}) {
  return await provider.send?.(message, 'key', to, contextFor(t, more))
}

t.test('sends text as it is, with a bold title, buttons, a preview and no sound', async (t) => {
  const ann = await person()
  await send(t, ann.credentials, {
    ...note, level: 'warning', image: 'https://example.com/a.png', urgency: 'low', actions: [{ title: 'Open', url: 'https://example.com/open' }]
  })
  t.match(await itemsOf(ann), [{
    text: `⚠️ ${note.title ?? ''}\n${note.body ?? ''}`,
    entities: [{ type: 'bold', offset: 3, length: 12 }],
    reply_markup: { inline_keyboard: [[{ text: 'Open', url: 'https://example.com/open' }]] },
    link_preview_options: { url: 'https://example.com/a.png' },
    silent: true
  }])
})

t.test('cuts a text that is too long, and keeps its link', async (t) => {
  const ann = await person()
  await send(t, ann.credentials, { type: 'link', title: 'T'.repeat(20), body: '🙂'.repeat(3_000), url: 'https://example.com/all' })
  const [item] = await itemsOf(ann)
  const text = String(item?.['text'])
  t.ok(text.length <= 4_096 && text.length > 4_000, `${text.length}`)
  t.ok(text.endsWith('…\nhttps://example.com/all'))
  t.match(provider.render?.({ ...note, collapseKey: 'disk' }), { omitted: ['collapseKey'], shortened: [] })
})

t.test('sends to the new chat of a group that became a supergroup, and reports the move', async (t) => {
  const ann = await person()
  await simulator.control('telegram/chats', { account: ann.name, action: 'upgrade' })
  const moves: Array<Record<string, unknown>> = []
  const onMoved = (credentials: Credentials, accountId?: string) => { moves.push({ ...credentials, accountId }) }
  t.ok(await send(t, ann.credentials, note, { onMoved }))
  t.match(moves, [{ chatId: /^-100/, accountId: moves[0]?.['chatId'] }])
  t.equal((await itemsOf(ann)).length, 1)
  const [moved = {}] = moves
  t.ok(await send(t, provider.parseCredentials(moved), note))
})

t.test('sends a message without formatting when its formatting is refused', async (t) => {
  const ann = await person()
  const body = { ok: false, error_code: 400, description: "Bad Request: can't parse entities: entity beginning at byte offset 3" }
  await simulator.fault(t, { match: '/sendMessage', status: 400, body, times: 1 })
  t.ok(await send(t, ann.credentials, note))
  t.match(await itemsOf(ann), [{ text: /^Disk is full/, entities: [] }])
  await simulator.fault(t, { match: '/sendMessage', status: 400, body, times: 2 })
  await t.rejects(send(t, ann.credentials, note), { message: /refused twice/ })
})

t.test('takes the limit of a second chat within a second for one of the bot', async (t) => {
  const [ann, bob] = [await person(), await person()]
  const body = { ok: false, error_code: 429, description: 'Too Many Requests', parameters: { retry_after: 5 } }
  const fault = { match: '/sendMessage', status: 429, body }
  await simulator.fault(t, fault)
  const scopeOf = async (to: Credentials, now: number) =>
    await send(t, to, note, { now: () => now }).then(() => undefined, (error: unknown) =>
      error instanceof ProviderError && error.failure.kind === 'rateLimited' ? error.failure.scope : error)
  t.equal(await scopeOf(ann.credentials, 10_000), 'connection')
  t.equal(await scopeOf(ann.credentials, 10_100), 'connection', 'the same chat')
  t.equal(await scopeOf(bob.credentials, 10_500), 'app')
  t.equal(await scopeOf(ann.credentials, 99_000), 'connection', 'a long time later')
})

t.test('sends a file with its text', async (t) => {
  const ann = await person()
  const file = { name: 'report.txt', type: 'text/plain', data: Buffer.from('hello').toString('base64') }
  await send(t, ann.credentials, { type: 'file', title: 'Report', body: 'Of today', file, actions: [{ title: 'All', url: 'https://example.com/' }] })
  t.match(await itemsOf(ann), [{
    document: { file_name: 'report.txt', mime_type: 'text/plain', file_size: 5 }, caption: 'Report\nOf today', caption_entities: [{ length: 6 }]
  }])
})

t.test('reads who opened a link and who blocked the bot, only with the secret of the webhook', async (t) => {
  const webhookUrl = 'https://carillon.example/inbound/telegram'
  const withWebhook = create({ TELEGRAM_WEBHOOK_URL: webhookUrl })
  t.equal(withWebhook.inbound?.poll, undefined)
  let secret = ''
  const recording = contextFor(t)
  await withWebhook.inbound?.register?.({
    ...recording,
    http: {
      ...recording.http,
      request: async (request, signal) => {
        secret = JSON.parse(String(request.body)).secret_token
        return await recording.http.request(request, signal)
      }
    }
  })
  await fetch(`${simulator.url}/telegram/bot${token}/deleteWebhook`)
  t.match(secret, /^[\w-]{43}$/)
  t.notMatch(token, secret)
  const read = (update: unknown, given = secret) => withWebhook.inbound?.read({
    headers: { 'x-telegram-bot-api-secret-token': given }, query: new URLSearchParams(), body: Buffer.from(JSON.stringify(update))
  }, 0)
  const chat = { id: 5_000_000_001, type: 'private', username: 'ann', first_name: 'Ann' }
  const started = { update_id: 1, message: { chat, text: '/start abc-DEF_1' } }
  const grant = { credentials: { chatId: '5000000001' }, account: { id: '5000000001', name: '@ann' } }
  t.same(await read(started), { id: 'update 1', events: [{ kind: 'linkOpened', code: 'abc-DEF_1', grant }] })
  const group = { id: -4_001, type: 'group', title: 'Crew' }
  t.match((await read({ update_id: 2, message: { chat: group, text: '/start@carillon_bot abc' } }))?.events, [{ grant: { account: { name: 'Crew' } } }])
  const nameless = { id: 7, type: 'private', first_name: 'Ann', last_name: 'Lee' }
  const startedBy = async (of: object) => (await read({ update_id: 3, message: { chat: of, text: '/start abc' } }))?.events
  t.match(await startedBy(nameless), [{ grant: { account: { id: '7', name: 'Ann Lee' } } }])
  const member = async (status: string, of: object = chat) =>
    (await read({ update_id: 4, my_chat_member: { chat: of, new_chat_member: { status } } }))?.events
  t.same(await member('kicked'), [{ kind: 'targetGone', accountId: '5000000001', reason: 'the user blocked the bot' }])
  t.same(await member('left', group), [{ kind: 'targetGone', accountId: '-4001', reason: 'the bot was removed from the chat' }])
  t.same(await member('member'), [{ kind: 'targetReturned', grant, reason: 'the user blocked the bot' }])
  t.same([await member('member', group), await member('restricted')], [[], []])
  for (const text of ['hello', '/start a b', `/start ${'x'.repeat(65)}`, '/started abc']) {
    t.same((await read({ update_id: 5, message: { chat, text } }))?.events, [], text)
  }
  for (const given of ['', 'wrong', `${secret}x`]) t.throws(() => read(started, given), { name: 'ProviderError', message: /secret token/ })
  for (const body of [null, [], 'x', {}, { update_id: 'x' }]) t.throws(() => read(body), { name: 'ProviderError', message: /no update/ })
})

t.test('polls updates, and confirms those that were stored', async (t) => {
  const url = `${simulator.url}/telegram/t.me/carillon_sandbox_bot`
  await fetch(`${url}?start=first&auto=allow&account=polly`)
  const poll = async (cursor: string | null) => await provider.inbound?.poll?.(cursor, contextFor(t))
  let cursor: string | null = null
  const skip = await poll(null)
  t.match(skip?.messages.flatMap(({ events }) => events).at(-1), { kind: 'linkOpened', code: 'first', grant: { account: { name: '@polly' } } })
  t.same((await poll(null))?.messages, skip?.messages, 'they come again until they are confirmed')
  cursor = skip?.cursor ?? null
  const waiting = poll(cursor)
  await fetch(`${url}?start=second&auto=allow&account=polly`)
  const next = await waiting
  t.match(next?.messages, [{ events: [{ code: 'second' }] }])
  t.not(next?.cursor, cursor)
})

t.test('polls on with the updates of another bot, whose ids are lower', async (t) => {
  const url = `${simulator.url}/telegram/t.me/carillon_sandbox_bot`
  await fetch(`${url}?start=third&auto=allow&account=polly`)
  const ahead = String(2 ** 31 - 1)
  const result = await provider.inbound?.poll?.(ahead, contextFor(t))
  t.match(result?.messages.flatMap(({ events }) => events).at(-1), { code: 'third' })
  t.ok(Number(result?.cursor) < Number(ahead), 'the cursor follows them')
})

t.test('finds the name of the bot once, and links to it', async (t) => {
  const own = create()
  const link = await own.handshakes.link?.begin('CODE', contextFor(t))
  t.equal(link?.url, `${simulator.url}/telegram/t.me/carillon_sandbox_bot?start=CODE`)
  const before = await simulator.calls('POST /telegram/bot:token/:method')
  await own.handshakes.link?.begin('OTHER', contextFor(t))
  t.equal(await simulator.calls('POST /telegram/bot:token/:method'), before)
})

t.test('has the token of the bot in no error, although it is part of every URL', async (t) => {
  const ann = await person()
  const faults = [
    { status: 401, body: { ok: false, error_code: 401, description: `Unauthorized ${token}` } }, { status: 502, body: token }, { reset: 'before' as const },
    { status: 302, headers: { location: `http://127.0.0.1:1/bot${token}/` } }, { status: 200, body: '' }
  ]
  const broken = create({ TELEGRAM_API_URL: 'http://127.0.0.1:1' })
  const errors: unknown[] = []
  const keep = (error: unknown) => { errors.push(error) }
  for (const fault of faults) {
    await simulator.fault(t, { ...fault, times: 3 })
    await send(t, ann.credentials, note).catch(keep)
    await provider.identify(ann.credentials, contextFor(t)).catch(keep)
    await provider.inbound?.poll?.(null, contextFor(t)).catch(keep)
  }
  await broken.identify(ann.credentials, contextFor(t)).catch(keep)
  t.equal(errors.length, faults.length * 3 + 1)
  for (const error of errors) {
    t.notMatch(`${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)}`, token)
  }
})

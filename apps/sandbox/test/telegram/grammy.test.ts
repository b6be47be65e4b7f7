import { Api, Bot, GrammyError, HttpError, InputFile } from 'grammy'
import { until } from '@carillon/testing'
import t from 'tap'
import { openSandbox } from '../../src/index.ts'

const sandbox = await openSandbox()
t.teardown(() => sandbox.close())
const { TELEGRAM_BOT_TOKEN: token = '', TELEGRAM_API_URL: apiRoot = '', TELEGRAM_LINK_URL: linkUrl = '' } = sandbox.environment('telegram')
const api = new Api(token, { apiRoot })

async function control (path: string, body: object): Promise<void> {
  const response = await fetch(`${sandbox.url}/_control/${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body)
  })
  if (!response.ok) throw new Error(`the sandbox refused ${path}: ${await response.text()}`)
}

async function createChat (): Promise<{ account: string, id: number }> {
  const response = await fetch(`${sandbox.url}/_control/accounts`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ provider: 'telegram', count: 1 })
  })
  const { data: [{ account, chatId }] } = await response.json() as { data: [{ account: string, chatId: string }] }
  return { account, id: Number(chatId) }
}

/** The error of the Bot API, as grammY reads it. */
async function errorOf (call: Promise<unknown>): Promise<GrammyError> {
  try {
    await call
  } catch (error) {
    if (error instanceof GrammyError) return error
    throw error
  }
  throw new Error('the call succeeded')
}

t.test('grammY reads the bot and the chat, and sends text and files', async (t) => {
  t.match(await api.getMe(), { is_bot: true, username: 'carillon_sandbox_bot' })
  const { id, account } = await createChat()
  t.match(await api.getChat(id), { id, type: 'private', username: account })
  t.ok(await api.sendChatAction(id, 'typing'))
  const sent = await api.sendMessage(id, '<b>Hello</b> &amp; welcome', {
    parse_mode: 'HTML', reply_markup: { inline_keyboard: [[{ text: 'Open', url: 'https://example.com/' }]] }
  })
  t.match(sent, { message_id: Number, chat: { id }, text: 'Hello & welcome', reply_markup: { inline_keyboard: [[{ text: 'Open' }]] } })
  const file = await api.sendDocument(id, new InputFile(Buffer.from('hello'), 'hello.txt'), { caption: 'A file' })
  t.match(file, { document: { file_name: 'hello.txt', file_size: 5 }, caption: 'A file' })
})

t.test('grammY receives the errors that the Bot API has', async (t) => {
  const { id, account } = await createChat()
  t.match(await errorOf(api.sendMessage(1, 'Hello')), { error_code: 400, description: 'Bad Request: chat not found' })
  t.match(await errorOf(api.sendMessage(id, 'x'.repeat(4_097))), { error_code: 400, description: 'Bad Request: message is too long' })
  t.match(await errorOf(api.sendMessage(id, '<b>Hello', { parse_mode: 'HTML' })), { error_code: 400, description: /can't parse entities/ })
  await control('telegram/chats', { account, action: 'block' })
  t.match(await errorOf(api.sendMessage(id, 'Hello')), { error_code: 403, description: 'Forbidden: bot was blocked by the user' })
  await control('telegram/chats', { account, action: 'unblock' })
  await control('telegram/chats', { account, action: 'upgrade' })
  const moved = await errorOf(api.sendMessage(id, 'Hello'))
  t.ok(Number(moved.parameters.migrate_to_chat_id) < 0)
  t.ok(await api.sendMessage(Number(moved.parameters.migrate_to_chat_id), 'Hello'))
  await control('telegram/chats', { account, action: 'delete' })
  t.match(await errorOf(api.sendMessage(Number(moved.parameters.migrate_to_chat_id), 'Hello')), { description: 'Forbidden: user is deactivated' })
  await control('faults', { provider: 'telegram', status: 429, times: 1 })
  t.match(await errorOf(api.getMe()), { error_code: 429, parameters: { retry_after: 10 } })
  t.match(await errorOf(new Api(`1:${'x'.repeat(35)}`, { apiRoot }).getMe()), { error_code: 401, description: 'Unauthorized' })
  t.match(await errorOf(new Api('nonsense', { apiRoot }).getMe()), { error_code: 404, description: 'Not Found' })
  await control('faults', { provider: 'telegram', status: 502, times: 1 })
  await t.rejects(api.getMe(), HttpError, 'a page of a gateway is no response of the API')
})

t.test('a grammY bot polls, and sees who opened a link and who blocked it', async (t) => {
  const bot = new Bot(token, { client: { apiRoot } })
  const seen: unknown[] = []
  bot.command('start', (context) => { seen.push({ code: context.match, from: context.from?.username, chat: context.chat.id === context.from?.id }) })
  bot.on('my_chat_member', (context) => { seen.push(context.myChatMember.new_chat_member.status) })
  let isPolling = false
  // The bot drops what other tests left before it starts. Stopping aborts a request that waits, which the server may end first.
  const running = bot.start({
    allowed_updates: ['message', 'my_chat_member'], drop_pending_updates: true, onStart: () => { isPolling = true }
  }).catch(() => {})
  await until(() => isPolling)
  await fetch(`${linkUrl}/carillon_sandbox_bot?start=a-CODE_1&auto=allow&account=ann`)
  await until(() => seen.length === 1)
  const page = await fetch(`${linkUrl}/carillon_sandbox_bot`, { method: 'POST', body: new URLSearchParams({ account: 'ann', action: 'block' }) })
  t.match(await page.text(), 'Unblock')
  await until(() => seen.length === 2)
  await bot.stop().catch(() => {})
  await running
  t.same(seen, [{ code: 'a-CODE_1', from: 'ann', chat: true }, 'kicked'])
})

t.test('refuses to poll while a webhook is set, and sends updates there with its secret', async (t) => {
  await api.setWebhook(`${sandbox.url}/nowhere`, { secret_token: 'a-secret' })
  t.match(await api.getWebhookInfo(), { url: `${sandbox.url}/nowhere`, pending_update_count: 0 })
  t.match(await errorOf(api.getUpdates()), { error_code: 409, description: /webhook is active/ })
  await api.deleteWebhook()
  t.same(await api.getUpdates(), [])
})

t.test('ends the first of two pollers', async (t) => {
  // Either request may arrive first. The other waits until something happens.
  const polls = [1, 2].map(() => errorOf(api.getUpdates({ timeout: 5 })))
  t.match(await Promise.any(polls), { error_code: 409, description: /terminated by other getUpdates request/ })
  await Promise.allSettled(polls)
})

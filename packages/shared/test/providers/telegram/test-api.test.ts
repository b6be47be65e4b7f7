import { createHttp } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import getPort from 'get-port'
import { TelegramServer } from 'telegram-test-api/lib/telegramServer.js'
import t from 'tap'
import { loadConfig } from '../../../src/config/index.ts'
import { telegram } from '../../../src/providers/telegram/index.ts'

// A server that we did not write. It reads less than the Bot API does, and knows no errors.
const token = '123456789:a-token-of-the-test-server-000000000'
const server = new TelegramServer({ port: await getPort({ host: '127.0.0.1' }), host: '127.0.0.1', protocol: 'http', storage: 'RAM', storeTimeout: 60 })
await server.start()
t.teardown(() => server.stop())
const apiUrl = server.config.apiURL
const provider = telegram.create(loadConfig({ TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_URL: apiUrl }, [], [telegram]), { name: 'Site' })
const http = createHttp({ trustedOrigins: provider?.origins ?? [], allowPrivateHosts: [] })
t.teardown(() => http.close())
const context = { http, signal: AbortSignal.timeout(20_000), now: Date.now, registrations: createMemoryRegistrations() }
const client = server.getClient(token, { chatId: 5_000_000_001, userId: 5_000_000_001, userName: 'ann', firstName: 'Ann' })

t.test('reads the start of a chat as another server reports it', async (t) => {
  t.match(await provider?.handshakes.link?.begin('CODE', context), { url: /^https:\/\/t\.me\/\w+\?start=CODE$/ })
  await client.sendCommand(client.makeCommand('/start a-CODE_1'))
  const result = await provider?.inbound?.poll?.(null, context)
  t.match(result?.messages, [{
    id: /^update \d+$/,
    events: [{ kind: 'linkOpened', code: 'a-CODE_1', grant: { credentials: { chatId: '5000000001' }, account: { name: 'Ann' } } }]
  }])
  t.match(result?.cursor, /^\d+$/)
})

t.test('sends a message that another server delivers', async (t) => {
  const receipt = await provider?.send?.({
    type: 'link', title: 'Disk is full', body: 'Free space', url: 'https://example.com/', actions: [{ title: 'Open', url: 'https://example.com/open' }]
  }, 'key', { chatId: '5000000001' } as object, context)
  t.match(receipt, { id: /^\d+$/ })
  t.match(await client.getUpdates(), {
    ok: true,
    result: [{
      message: {
        chat_id: '5000000001',
        text: 'Disk is full\nFree space\nhttps://example.com/',
        entities: [{ type: 'bold', offset: 0, length: 12 }],
        reply_markup: { inline_keyboard: [[{ text: 'Open', url: 'https://example.com/open' }]] }
      }
    }]
  })
})

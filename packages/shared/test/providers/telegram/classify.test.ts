import t from 'tap'
import { classify } from '../../../src/providers/telegram/classify.ts'

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const json = { 'content-type': 'application/json' }
const html = { 'content-type': 'text/html' }
const page = '<html><body>Do not quote me.</body></html>'

function error (code: number, description: string, parameters?: object): string {
  return JSON.stringify({ ok: false, error_code: code, description, ...parameters !== undefined && { parameters } })
}

const gone = (reason: string) => ({ kind: 'gone', reason })
const rejected = (reason: string) => ({ kind: 'rejected', reason })
const misconfigured = (reason: string) => ({ kind: 'misconfigured', reason })
const limitedUntil = (retryAt: number) => ({ kind: 'rateLimited', reason: 'too many messages', retryAt })
const foreign = { kind: 'transient', reason: 'refused by something in front of the API' }
const unavailable = { kind: 'transient', reason: 'not available now' }
const badToken = misconfigured('the bot token is not accepted; check TELEGRAM_BOT_TOKEN')
const notWritable = gone('the bot may not write in the chat')

const table: Array<[number, Record<string, string>, string, object]> = [
  [200, json, '{"ok":true,"result":{"message_id":7}}', { kind: 'ok', value: { message_id: 7 } }],
  [200, json, '{"ok":true,"result":true}', { kind: 'ok', value: true }],
  [200, json, '{"ok":true}', { kind: 'malformed', reason: 'response is not what was requested' }],
  [200, json, error(400, 'Bad Request: chat not found'), { kind: 'malformed', reason: 'response is not what was requested' }],
  [200, html, page, { kind: 'transient', reason: 'a page responded instead of the API' }],

  [429, json, error(429, 'Too Many Requests: retry after 7', { retry_after: 7 }), limitedUntil(now + 7_000)],
  [429, { ...json, 'retry-after': '9' }, error(429, 'Too Many Requests: retry after 9'), limitedUntil(now + 9_000)],
  [429, { 'retry-after': '9' }, '', limitedUntil(now + 9_000)],
  [429, json, error(429, 'Too Many Requests: retry after 90000', { retry_after: 90_000 }), limitedUntil(now + 3_600_000)],
  [429, json, error(429, 'Too Many Requests'), limitedUntil(now + 30_000)],

  [401, json, error(401, 'Unauthorized'), badToken],
  [401, json, error(401, 'Unauthorized: invalid token specified'), badToken],
  [404, json, error(404, 'Not Found'), badToken],
  [404, json, error(404, 'Not Found: method not found'), misconfigured('the server at TELEGRAM_API_URL lacks a method; update it')],
  [409, json, error(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"),
    misconfigured('another program or a webhook receives the updates of the bot; stop it, or call deleteWebhook')],
  [409, json, error(409, 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running'),
    misconfigured('another program or a webhook receives the updates of the bot; stop it, or call deleteWebhook')],
  [421, json, error(421, 'Misdirected Request: unallowed token specified'), misconfigured('the server at TELEGRAM_API_URL does not serve this bot')],
  [401, json, '{"message":"Unauthorized"}', foreign],
  [401, html, page, foreign],
  [404, html, page, foreign],

  [403, json, error(403, 'Forbidden: bot was blocked by the user'), gone('the user blocked the bot')],
  [403, json, error(403, 'Forbidden: user is deactivated'), gone('the account was deleted')],
  [403, json, error(403, "Forbidden: bot can't initiate conversation with a user"), gone('the user has not started the bot')],
  [403, json, error(403, "Forbidden: bot can't send messages to bots"), gone('the account is a bot')],
  [403, json, error(403, 'Forbidden: bot was kicked from the group chat'), gone('the bot was removed from the chat')],
  [403, json, error(403, 'Forbidden: bot was kicked from the supergroup chat'), gone('the bot was removed from the chat')],
  [403, json, error(403, 'Forbidden: bot was kicked from the channel chat'), gone('the bot was removed from the chat')],
  [403, json, error(403, 'Forbidden: bot is not a member of the supergroup chat'), gone('the bot is not in the chat')],
  [403, json, error(403, 'Forbidden: the group chat was deleted'), gone('the chat was deleted')],
  [403, json, error(403, 'Forbidden: something new'), gone('the bot may not write to the chat')],
  [403, html, page, foreign],

  [400, json, error(400, 'Bad Request: chat not found'), gone('the chat does not exist')],
  [400, json, error(400, 'Bad Request: private chat not found'), gone('the chat does not exist')],
  [400, json, error(400, 'Bad Request: PEER_ID_INVALID'), gone('the chat does not exist')],
  [400, json, error(400, 'Bad Request: group chat was upgraded to a supergroup chat'), gone('the group became a supergroup')],
  [400, json, error(400, 'Bad Request: message text is empty'), rejected('the message is empty')],
  [400, json, error(400, 'Bad Request: message is too long'), rejected('the message is too long')],
  [400, json, error(400, 'Bad Request: message caption is too long'), rejected('the message is too long')],
  [400, json, error(400, "Bad Request: can't parse entities: unsupported start tag"), rejected('the formatting is not accepted')],
  [400, json, error(400, 'Bad Request: reply markup is too long'), rejected('there are too many buttons')],
  [400, json, error(400, 'Bad Request: Wrong HTTP URL specified'), rejected('a link is not accepted')],
  [400, json, error(400, 'Bad Request: not enough rights to send text messages to the chat'), notWritable],
  [400, json, error(400, 'Bad Request: have no rights to send a message'), notWritable],
  [400, json, error(400, 'Bad Request: TOPIC_CLOSED'), gone('the topic is closed')],
  [400, json, error(400, 'Bad Request: something new'), rejected('request refused')],
  [400, json, error(403, 'Forbidden: bot was blocked by the user'), foreign],
  [413, json, error(413, 'Request Entity Too Large'), rejected('request refused')],

  [500, json, error(500, "Internal Server Error: sent message was immediately deleted and can't be returned"), { kind: 'ok', value: { isDeleted: true } }],
  [500, json, error(500, 'Internal Server Error: database is locked'), unavailable],
  [502, html, page, unavailable],
  [504, html, page, unavailable]
]

t.test('classifies responses of the Bot API', async (t) => {
  for (const [status, headers, text, expected] of table) {
    t.strictSame(classify({ status, headers, body: Buffer.from(text) }, now), expected, `${status} ${text}`)
  }
})

t.test('quotes no text of the response', async (t) => {
  for (const [status, headers] of table) {
    const hostile = error(status, 'Bad Request: Do not quote me.', { retry_after: 'Do not quote me.' })
    t.notMatch(JSON.stringify(classify({ status, headers, body: Buffer.from(hostile) }, now)), /quote/i)
  }
})

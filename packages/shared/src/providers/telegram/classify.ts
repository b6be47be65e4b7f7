import { chooseRetryAt, classifyForeign, classifyStatus, isObject, isText, parseJsonObject, parseRetryAfter } from '@carillon/http'
import type { Classification, Failure, HttpResponse } from '@carillon/http'
import { blockedReason } from './updates.ts'

/** An error of the Bot API. */
export interface BotError {
  code: number
  /** In lower case, without the prefix that repeats the status. */
  description: string
  retryAfterSeconds: number | undefined
  /** The id of the supergroup that has replaced the group. */
  newChatId: string | undefined
}

/** Classifies a response of the Bot API. The value is its `result`. */
export function classify (response: HttpResponse, now: number): Classification<unknown> {
  const json = parseJsonObject(response.body)
  const { status, headers } = response
  if (status === 200 && json?.['ok'] === true && json['result'] !== undefined) return { kind: 'ok', value: json['result'] }
  const error = readBotError(response)
  if (error === undefined) return classifyForeign(response, now, { limitReason })
  if (error.code === 429) {
    const named = error.retryAfterSeconds === undefined ? undefined : now + error.retryAfterSeconds * 1_000
    return { kind: 'rateLimited', reason: limitReason, retryAt: chooseRetryAt([named, parseRetryAfter(headers['retry-after'], now)], now) }
  }
  // The Bot API has stored the message before it reports this.
  if (error.code === 500 && error.description.includes('immediately deleted')) return { kind: 'ok', value: { isDeleted: true } }
  return classifyStatus(response, now) ?? classifyError(error)
}

const limitReason = 'too many messages'

/** The error of a response in the API's own envelope. Undefined for what a proxy may have sent. */
export function readBotError ({ body, status }: HttpResponse): BotError | undefined {
  const json = parseJsonObject(body)
  const { ok, error_code: code, description, parameters } = json ?? {}
  if (ok !== false || typeof code !== 'number' || code !== status || !isText(description)) return undefined
  const { retry_after: retryAfter, migrate_to_chat_id: newChatId } = isObject(parameters) ? parameters : {}
  return {
    code,
    description: description.toLowerCase().replace(/^[a-z ]+: /, ''),
    retryAfterSeconds: typeof retryAfter === 'number' && retryAfter > 0 ? retryAfter : undefined,
    newChatId: Number.isSafeInteger(newChatId) ? String(newChatId) : undefined
  }
}

/** Our own reasons. The description of the API is compared and never repeated. */
const reasons: Array<[code: number, part: string, failure: Failure]> = [
  [403, 'bot was blocked by the user', { kind: 'gone', reason: blockedReason }],
  [403, 'user is deactivated', { kind: 'gone', reason: 'the account was deleted' }],
  [403, 'can\'t initiate conversation', { kind: 'gone', reason: 'the user has not started the bot' }],
  [403, 'can\'t send messages to bots', { kind: 'gone', reason: 'the account is a bot' }],
  [403, 'bot was kicked', { kind: 'gone', reason: 'the bot was removed from the chat' }],
  [403, 'bot is not a member', { kind: 'gone', reason: 'the bot is not in the chat' }],
  [403, 'group chat was deleted', { kind: 'gone', reason: 'the chat was deleted' }],
  [400, 'chat not found', { kind: 'gone', reason: 'the chat does not exist' }],
  [400, 'peer_id_invalid', { kind: 'gone', reason: 'the chat does not exist' }],
  [400, 'upgraded to a supergroup', { kind: 'gone', reason: 'the group became a supergroup' }],
  [400, 'not enough rights', { kind: 'gone', reason: 'the bot may not write in the chat' }],
  [400, 'have no rights to send', { kind: 'gone', reason: 'the bot may not write in the chat' }],
  [400, 'chat_write_forbidden', { kind: 'gone', reason: 'the bot may not write in the chat' }],
  [400, 'topic_closed', { kind: 'gone', reason: 'the topic is closed' }],
  [400, 'message text is empty', { kind: 'rejected', reason: 'the message is empty' }],
  [400, 'message is too long', { kind: 'rejected', reason: 'the message is too long' }],
  [400, 'caption is too long', { kind: 'rejected', reason: 'the message is too long' }],
  [400, 'can\'t parse entities', { kind: 'rejected', reason: 'the formatting is not accepted' }],
  [400, 'reply markup is too long', { kind: 'rejected', reason: 'there are too many buttons' }],
  [400, 'wrong http url', { kind: 'rejected', reason: 'a link is not accepted' }],
  [404, 'method not found', { kind: 'misconfigured', reason: 'the server at TELEGRAM_API_URL lacks a method; update it' }]
]

function classifyError ({ code, description }: BotError): Failure {
  const known = reasons.find(([status, part]) => status === code && description.includes(part))
  if (known !== undefined) return known[2]
  // The token belongs to the deployment, so no connection is to blame.
  if (code === 401 || code === 404) return { kind: 'misconfigured', reason: 'the bot token is not accepted; check TELEGRAM_BOT_TOKEN' }
  if (code === 409) return { kind: 'misconfigured', reason: 'another program or a webhook receives the updates of the bot; stop it, or call deleteWebhook' }
  if (code === 421) return { kind: 'misconfigured', reason: 'the server at TELEGRAM_API_URL does not serve this bot' }
  if (code === 403) return { kind: 'gone', reason: 'the bot may not write to the chat' }
  return { kind: 'rejected', reason: 'request refused' }
}

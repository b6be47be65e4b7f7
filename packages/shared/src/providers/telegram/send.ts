import { encodeMultipart, fileTimeoutMs, isObject, ProviderError, withFile } from '@carillon/http'
import type { Classification, Classifier, HttpResponse } from '@carillon/http'
import type { Receipt } from '../capabilities.ts'
import type { Message } from '../message.ts'
import type { Rendered } from '../rendered.ts'
import type { RequestContext } from '../request-context.ts'
import { toJsonBody } from './bot-api.ts'
import type { BotApi } from './bot-api.ts'
import { classify, readBotError } from './classify.ts'
import type { BotError } from './classify.ts'
import type { TelegramCredentials } from './credentials.ts'
import { createLimitScopes } from './limit-scopes.ts'
import { render, titleEntities } from './render.ts'

type Send = (message: Message, key: string, credentials: TelegramCredentials, context: RequestContext) => Promise<Receipt>

/** What the response allows to repair, so that the same message can be sent once more. */
type Repair = TelegramCredentials | { isPlain: true }

type Attempt = { kind: 'sent', receipt: Receipt } | { kind: 'repair', repair: Repair }

/** A bot may send files of 50 MB. Carillon loads no larger ones than this. */
const maxFileBytes = 26_214_400

/** Sends messages. It repeats a message once when Telegram says how it has to change. */
export function createSend (api: BotApi): Send {
  const { host } = api
  const scopes = createLimitScopes()

  return async (message, _key, { chatId }, context) => {
    const rendered = render(message, host)
    const first = await attempt(chatId, false)
    if (first.kind === 'sent') return first.receipt
    const { repair } = first
    // The chat has moved for good, whatever becomes of this message.
    if ('chatId' in repair) context.onMoved?.(repair, repair.chatId)
    const second = await ('chatId' in repair ? attempt(repair.chatId, false) : attempt(chatId, true))
    if (second.kind === 'sent') return second.receipt
    throw new ProviderError({ kind: 'rejected', reason: 'the message was refused twice' }, host)

    async function attempt (chatId: string, isPlain: boolean): Promise<Attempt> {
      const common = { chat_id: chatId, disable_notification: message.urgency === 'low', ...keyboardOf(rendered) }
      const classifier: Classifier<Attempt> = (response, now) => toAttempt(response, now, chatId)
      if (message.type === 'file' && message.file !== undefined) {
        const { name, type } = message.file
        return await withFile(message.file, maxFileBytes, context, async (bytes) => {
          const fields = toFormFields({ ...common, caption: rendered.text, caption_entities: entitiesOf(isPlain) })
          const form = await encodeMultipart(fields, { field: 'document', name, type, bytes })
          return await api.post('sendDocument', { ...form, timeoutMs: fileTimeoutMs }, classifier, context)
        })
      }
      return await api.post('sendMessage', toJsonBody({
        ...common, text: rendered.text, entities: entitiesOf(isPlain), link_preview_options: previewOf(message, rendered)
      }), classifier, context)
    }

    function entitiesOf (isPlain: boolean): object[] {
      return isPlain ? [] : titleEntities(message, rendered.text ?? '')
    }
  }

  function toAttempt (response: HttpResponse, now: number, chatId: string): Classification<Attempt> {
    const error = readBotError(response)
    const repair = error === undefined ? undefined : repairOf(error)
    if (repair !== undefined) return { kind: 'ok', value: { kind: 'repair', repair } }
    const classified = classify(response, now)
    if (classified.kind === 'rateLimited') return { ...classified, scope: scopes.scopeOf(chatId, now) }
    if (classified.kind !== 'ok') return classified
    return toReceipt(classified.value)
  }
}

function repairOf ({ code, newChatId, description }: BotError): Repair | undefined {
  if (code !== 400) return undefined
  if (newChatId !== undefined) return { chatId: newChatId }
  return description.includes('can\'t parse entities') ? { isPlain: true } : undefined
}

function toReceipt (result: unknown): Classification<Attempt> {
  if (!isObject(result)) return { kind: 'malformed', reason: 'response is not a message' }
  const { message_id: id, isDeleted } = result
  if (isDeleted === true) return { kind: 'ok', value: { kind: 'sent', receipt: { id: 'deleted' } } }
  if (typeof id !== 'number') return { kind: 'malformed', reason: 'response lacks message_id' }
  return { kind: 'ok', value: { kind: 'sent', receipt: { id: String(id) } } }
}

function keyboardOf ({ actions = [] }: Rendered): { reply_markup?: object } {
  if (actions.length === 0) return {}
  return { reply_markup: { inline_keyboard: actions.map(({ title: text, url }) => [{ text, url }]) } }
}

/** The picture of a message is the preview of its link, which needs no upload. */
function previewOf ({ type, url }: Message, { image }: Rendered): object {
  if (image !== undefined) return { url: image, prefer_large_media: true, show_above_text: true }
  return type === 'link' && url !== undefined ? { url } : { is_disabled: true }
}

function toFormFields (values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, typeof value === 'string' ? value : JSON.stringify(value)]]))
}

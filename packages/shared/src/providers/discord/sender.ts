import { encodeMultipart, fileTimeoutMs, isText, ProviderError, withFile } from '@carillon/http'
import type { Classification, HttpResponse } from '@carillon/http'
import type { Receipt } from '../capabilities.ts'
import type { Message } from '../message.ts'
import type { RequestContext } from '../request-context.ts'
import { pathOf } from './api.ts'
import type { Call, DiscordApi } from './api.ts'
import { classify, codeOf } from './classify.ts'
import { isId } from './credentials.ts'
import type { Person, Webhook } from './credentials.ts'
import { failureOf } from './errors.ts'
import { render, toContent } from './render.ts'

/** The usual limit of a server. */
const maxFileBytes = 10 * 1024 * 1024
const unknownChannel = 10003
const unknownMessage = 10008

/** All members throw ProviderError. */
export interface Sender {
  postToChannel: (message: Message, webhook: Webhook, context: RequestContext) => Promise<Receipt>
  postToPerson: (message: Message, key: string, person: Person, context: RequestContext) => Promise<Receipt>
  /** Returns the bot's conversation with the user. */
  openConversation: (userId: string, context: RequestContext) => Promise<string>
}

/** `authorizeBot` returns the header of the bot's requests, or throws ProviderError without a bot. */
export function createSender (api: DiscordApi, authorizeBot: () => string): Sender {
  return { postToChannel, postToPerson, openConversation }

  async function postToChannel (message: Message, webhook: Webhook, context: RequestContext): Promise<Receipt> {
    const content = toContent(render(message, api.host))
    // Without `wait`, Discord confirms messages that it then does not store.
    const path = `${pathOf(webhook)}?wait=true`
    return await withBody(message, content, context, async (body) =>
      await api.call({ method: 'POST', path, ...body }, (response, now) => classify(response, now, 'webhook', readReceipt), context))
  }

  async function postToPerson (message: Message, key: string, person: Person, context: RequestContext): Promise<Receipt> {
    const { userId, channelId } = person
    // Discord shows a message with the same nonce once within some minutes.
    const content = { ...toContent(render(message, api.host)), nonce: toNonce(key), enforce_nonce: true }
    return await withBody(message, content, context, async (body) => {
      const posted = await postTo(channelId, body)
      if (posted !== 'unknownChannel') return posted
      const opened = await openConversation(userId, context)
      const repeated = await postTo(opened, body)
      if (repeated === 'unknownChannel') throw new ProviderError(failureOf(unknownChannel), api.host)
      const moved: Person = { ...person, channelId: opened }
      context.onMoved?.(moved)
      return repeated
    })

    async function postTo (channel: string, body: Body): Promise<Receipt | 'unknownChannel'> {
      return await api.call({ method: 'POST', path: `/channels/${channel}/messages`, authorization: authorizeBot(), ...body },
        (response, now) => classifyPost(response, now, key), context)
    }
  }

  async function openConversation (userId: string, context: RequestContext): Promise<string> {
    return await api.call(
      { method: 'POST', path: '/users/@me/channels', authorization: authorizeBot(), ...toJson({ recipient_id: userId }) },
      (response, now) => classify(response, now, 'bot', ({ id }) => isId(id) ? id : undefined), context)
  }
}

type Body = Pick<Call, 'headers' | 'body' | 'timeoutMs'>

async function withBody (
  { type, file }: Message, content: object, context: RequestContext, send: (body: Body) => Promise<Receipt>
): Promise<Receipt> {
  if (type !== 'file' || file === undefined) return await send(toJson(content))
  return await withFile(file, maxFileBytes, context, async (bytes) => {
    const fields = { payload_json: JSON.stringify(content) }
    return await send({ ...await encodeMultipart(fields, { field: 'files[0]', name: file.name, type: file.type, bytes }), timeoutMs: fileTimeoutMs })
  })
}

function toJson (content: object): Required<Pick<Body, 'headers' | 'body'>> {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) }
}

/** At most 25 characters. A UUID has 36. */
function toNonce (key: string): string {
  return Buffer.from(key.replaceAll('-', ''), 'hex').toString('base64url')
}

/**
 * Classifies the response to a message of the bot. An unknown message is one that an earlier attempt showed, and that was deleted
 * since.
 */
export function classifyPost (response: HttpResponse, now: number, key: string): Classification<Receipt | 'unknownChannel'> {
  const code = codeOf(response)
  if (code === unknownChannel) return { kind: 'ok', value: 'unknownChannel' }
  return code === unknownMessage ? { kind: 'ok', value: { id: key } } : classify(response, now, 'bot', readReceipt)
}

function readReceipt ({ id, channel_id: channelId }: Record<string, unknown>): Receipt | undefined {
  return isText(id) && isText(channelId) ? { id: `${channelId}/${id}` } : undefined
}

import { isObject, isText, ProviderError } from '@carillon/http'
import type { Account } from '../credentials.ts'
import type { ProviderClient } from '../define-provider.ts'
import type { RequestContext } from '../request-context.ts'
import { createBotApi } from './bot-api.ts'
import { isChat, parseCredentials, toAccount } from './credentials.ts'
import type { TelegramCredentials } from './credentials.ts'
import { createInboundReader } from './inbound.ts'
import { render } from './render.ts'
import { createSend } from './send.ts'

export interface TelegramConfig {
  botToken: string
  /** Where Telegram sends updates. Undefined when they are polled. */
  webhookUrl: string | undefined
  /** Without `/bot`. */
  apiUrl: string
  /** Base of the links that open a chat with the bot. */
  linkUrl: string
}

/** A bot that belongs to the deployment. A connection is a chat that the bot may write to. */
export function createTelegram ({ botToken, webhookUrl, apiUrl, linkUrl }: TelegramConfig): ProviderClient<TelegramCredentials> {
  const api = createBotApi(apiUrl, botToken)
  const { host } = api
  let botName: string | undefined

  return {
    origins: [api.origin],
    handshakes: {
      link: { begin: async (code, context) => ({ url: `${linkUrl}/${await findBotName(context)}?start=${code}` }) }
    },
    parseCredentials: (value) => parseCredentials(value, host),
    identify,
    render: (message) => render(message, host),
    send: createSend(api),
    inbound: createInboundReader({ botToken, webhookUrl, api })
  }

  /** The name of a bot does not change while it has the same token. */
  async function findBotName (context: RequestContext): Promise<string> {
    if (botName !== undefined) return botName
    const me = await api.call('getMe', {}, context)
    const name = isObject(me) ? me['username'] : undefined
    if (!isText(name) || !/^\w+$/.test(name)) throw new ProviderError({ kind: 'malformed', reason: 'the bot has no name' }, host)
    botName = name
    return name
  }

  /** A chat can be read even when the user has blocked the bot, so the second request checks that the bot may write to it. */
  async function identify ({ chatId }: TelegramCredentials, context: RequestContext): Promise<Account> {
    const chat = await api.call('getChat', { chat_id: chatId }, context)
    if (!isChat(chat)) throw new ProviderError({ kind: 'malformed', reason: 'response is not a chat' }, host)
    await api.call('sendChatAction', { chat_id: chatId, action: 'typing' }, context)
    return toAccount(chat)
  }
}

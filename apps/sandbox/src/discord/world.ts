import { createGrantStore } from '../kit/oauth/grant-store.ts'
import type { GrantStore } from '../kit/oauth/grant-store.ts'
import { randomText } from '../kit/random-text.ts'
import type { SandboxServices } from '../kit/simulator.ts'
import { StateMap, stateValue } from '../kit/state/state-part.ts'
import type { StatePart } from '../kit/state/state-part.ts'
import { createUserStore } from '../kit/user-store.ts'
import type { UserStore } from '../kit/user-store.ts'
import { CLIENT, PROVIDER } from './client.ts'
import type { Content } from './content.ts'

/** A person with a server of their own, which has one channel. A name with `#` is that of another channel. */
export interface Member {
  readonly account: string
  readonly userId: string
  readonly guildId: string
  /** The channel of the server. */
  readonly channelId: string
  /** The bot's conversation with the person. */
  conversationId: string
  /** The person allows no direct messages, or shares no server with the bot. */
  dms: 'open' | 'blocked' | 'noServer'
  isChannelGone: boolean
}

export interface Webhook {
  readonly id: string
  readonly token: string
  readonly name: string
  readonly member: Member
  /** The application created it. */
  readonly isOwn: boolean
}

export interface Message {
  readonly id: string
  readonly channelId: string
  readonly member: Member
  /** The webhook that posted it. Undefined for the bot. */
  readonly webhookId?: string
  content: Content
}

export interface World {
  members: UserStore<Member>
  grants: GrantStore<{ scopes: string[] }>
  webhooks: Map<string, Webhook>
  messages: Map<string, Message>
  /** The messages of the bot by nonce, for five minutes. */
  nonces: Map<string, { id: string, untilMs: number }>
  /** The token of the bot, which the owner of the application can replace. */
  botToken: string
  addWebhook: (member: Member, isOwn: boolean) => Webhook
  /** Removes the webhooks of a member's channel. Returns their number. */
  removeWebhooks: (member: Member) => number
  byConversation: (id: string) => Member | undefined
  /** A new conversation, because the old one no longer exists. */
  renewConversation: (member: Member) => void
  newId: () => string
  state: Record<string, StatePart>
  reset: () => void
}

const EPOCH_MS = 1_420_070_400_000

export function createWorld ({ clock, accounts }: SandboxServices): World {
  const webhooks = new StateMap<string, Webhook>()
  const messages = new Map<string, Message>()
  const nonces = new Map<string, { id: string, untilMs: number }>()
  const conversations = new StateMap<string, Member>()
  let created = 0
  const members = createUserStore<Member>({
    provider: PROVIDER,
    accounts,
    createUser (account) {
      const member: Member = {
        account, userId: newId(), guildId: newId(), channelId: newId(), conversationId: newId(), dms: 'open', isChannelGone: false
      }
      conversations.set(member.conversationId, member)
      return member
    },
    idOf: ({ userId }) => userId
  })
  const grants = createGrantStore<{ scopes: string[] }>({ clock, accessSeconds: 604_800, refreshSeconds: Infinity })

  const self: World = {
    members,
    grants,
    webhooks,
    messages,
    nonces,
    botToken: CLIENT.botToken,
    newId,
    state: {
      members, grants, webhooks, conversations, botToken: stateValue(() => self.botToken, (value) => { self.botToken = value })
    },

    addWebhook (member, isOwn) {
      const webhook = { id: newId(), token: randomText(68), name: isOwn ? CLIENT.name : 'Captain Hook', member, isOwn }
      webhooks.set(webhook.id, webhook)
      return webhook
    },

    removeWebhooks (member) {
      const found = [...webhooks.values()].filter((webhook) => webhook.member === member)
      for (const { id } of found) webhooks.delete(id)
      return found.length
    },

    byConversation: (id) => conversations.get(id),

    renewConversation (member) {
      conversations.delete(member.conversationId)
      member.conversationId = newId()
      conversations.set(member.conversationId, member)
    },

    reset () {
      for (const part of [members, grants]) part.reset()
      for (const part of [webhooks, messages, nonces, conversations]) part.clear()
      created = 0
      self.botToken = CLIENT.botToken
    }
  }
  return self

  /** A snowflake: the time, and a counter. */
  function newId (): string {
    return String((BigInt(Math.floor(clock.nowMs()) - EPOCH_MS) << 22n) + BigInt(created++ % (1 << 22)))
  }
}

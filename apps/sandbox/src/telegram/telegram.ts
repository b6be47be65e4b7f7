import fastifyFormbody from '@fastify/formbody'
import type { FastifyInstance } from 'fastify'
import { noSuchAccount } from '../control/control-error.ts'
import { acceptJson } from '../kit/http/accept-json.ts'
import { gatewayPage } from '../kit/http/gateway-page.ts'
import type { SandboxServices, Simulator } from '../kit/simulator.ts'
import { createUserStore } from '../kit/user-store.ts'
import { apiRoutes } from './api-routes.ts'
import { errorBody } from './bot-error.ts'
import { BOT, createPerson, migratedId, TOKEN } from './bot.ts'
import type { Person } from './bot.ts'
import { block, chatPage, unblock } from './chat-page.ts'
import { createMethods } from './methods.ts'
import { createUpdates } from './updates.ts'

const chatAction = {
  type: 'object',
  properties: { account: { type: 'string' }, action: { enum: ['block', 'unblock', 'delete', 'upgrade'] } },
  required: ['account', 'action'],
  additionalProperties: false
}

/** Telegram for one bot: the Bot API, and a page with each user's chat. */
export function createTelegram ({ accounts, clock, inbox }: SandboxServices): Simulator {
  const people = createUserStore<Person>({
    provider: 'telegram', accounts, createUser: createPerson, idOf: ({ id }) => String(id)
  })
  const updates = createUpdates(clock.nowMs)
  const quirks = { refusesToken: false }

  return {
    id: 'telegram',
    name: 'Telegram',
    environment: (url) => ({ TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_API_URL: url, TELEGRAM_LINK_URL: `${url}/t.me` }),

    async mount (app) {
      app.addHook('preClose', async () => { updates.release() })
      await app.register(async (scope) => {
        await scope.register(fastifyFormbody)
        acceptJson(scope)
        await apiRoutes(scope, createMethods({ people, inbox, updates, nowMs: clock.nowMs }), quirks)
        chatPage(scope, { people, inbox, updates })
      })
    },

    createAccount () {
      const person = people.create()
      person.hasStarted = true
      return { account: person.account, accessToken: TOKEN, chatId: String(person.id) }
    },

    expireTokens: () => 0,
    /** A user ends the grant by blocking the bot. */
    revokeTokens (account) {
      const blocking = [...account === undefined ? people.all() : [people.open(account)]].filter(({ state }) => state === 'active')
      for (const person of blocking) block(person, updates).catch(() => {})
      return blocking.length
    },

    controls: (app) => { controls(app) },
    state: { people },
    quirks,
    consentPath: () => `/telegram/t.me/${BOT.username}`,
    toCard (item) {
      const { text, caption, document, reply_markup: markup } = Object(item)
      const [button] = markup?.inline_keyboard?.flat() ?? []
      return { kind: document === undefined ? 'message' : `file ${document.file_name}`, body: text ?? caption, url: button?.url }
    },
    faultResponse: (status) => status >= 500
      ? { headers: {}, body: gatewayPage(status) }
      : { headers: status === 429 ? { 'retry-after': '10' } : {}, body: errorBody({ code: status, message: `Status ${status}`, parameters: status === 429 ? { retry_after: 10 } : undefined }) },
    reset () {
      people.reset()
      updates.reset()
    }
  }

  function controls (app: FastifyInstance): void {
    app.post<{ Body: { account: string, action: string } }>('/chats', { schema: { body: chatAction } }, async ({ body }) => {
      const person = people.get(body.account)
      if (person === undefined) throw noSuchAccount('telegram', body.account)
      if (body.action === 'block') await block(person, updates)
      if (body.action === 'unblock') await unblock(person, updates)
      if (body.action === 'delete') person.state = 'deleted'
      if (body.action === 'upgrade') person.newChatId = migratedId(person)
      return { account: person.account, chatId: String(person.newChatId ?? person.id), state: person.state }
    })
  }
}
